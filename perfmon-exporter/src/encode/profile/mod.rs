//! Which families a document has, and how they are named: data files, the shipped ones in `profiles/`.

mod file;
mod plan;

use std::{fmt, sync::LazyLock};

use perfmon_core::{Error, analyse::Window};

use self::{file::File, plan::Place};
pub(super) use self::{
    file::{Combine, Measure, Outcome, Own, Rest},
    plan::{DefaultEdges, Family, Of, Plan, Source, matches},
};
use super::{Format, family::FamilyType};

/// Names, units and labels of a document, ready for use.
pub struct Profile {
    name: String,
    canonical: bool,
    plan: Plan,
}

/// The windows that are shown where a family names none.
const USUAL: [Window; 2] = [Window::OneMinute, Window::FiveMinutes];

/// In the order in which they are offered.
const FILES: [(&str, &str); 4] = [
    ("canonical", include_str!("../../../profiles/canonical.toml")),
    ("trading_bot", include_str!("../../../profiles/trading_bot.toml")),
    ("algo_trade", include_str!("../../../profiles/algo_trade.toml")),
    ("agent_cellphone", include_str!("../../../profiles/agent_cellphone.toml")),
];

static SHIPPED: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let mut profiles: Vec<Profile> = Vec::with_capacity(FILES.len());
    for (name, text) in FILES {
        let edges = profiles.first().map(|canonical| canonical.plan.edges.clone()).unwrap_or_default();
        let profile = Profile::read(name, text, edges).expect("a test reads every shipped profile");
        profiles.push(Profile { canonical: profiles.is_empty(), ..profile });
    }
    profiles
});

impl Profile {
    /// perfmon's own names: base units, and OpenTelemetry's semantic conventions where there are some.
    #[must_use]
    pub fn canonical() -> &'static Self {
        &SHIPPED[0]
    }

    /// A profile that comes with perfmon; [`shipped_names`](Self::shipped_names) has their names.
    #[must_use]
    pub fn shipped(name: &str) -> Option<&'static Self> {
        SHIPPED.iter().find(|profile| profile.name == name)
    }

    /// The names of the profiles that come with perfmon: `"canonical"` and those of the systems it takes the place of.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|&(name, _)| name)
    }

    /// Reads a profile of one's own. `profiles/canonical.toml` explains the format.
    ///
    /// ```
    /// use perfmon_exporter::encode::Profile;
    ///
    /// let toml = r#"
    ///     rest = "as_named"
    ///
    ///     [[family]]
    ///     name = "shop_checkout_ms"
    ///     type = "histogram"
    ///     help = "Time to check out."
    ///     from = { calls = "latency", name = "checkout*", measure = "duration" }
    /// "#;
    /// assert_eq!(Profile::parse("shop", toml)?.name(), "shop");
    /// # Ok::<(), perfmon_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the name has other characters than letters, digits, `_`, `-` and `.`, which URLs take as they are; when it is no TOML, a key is unknown or missing, or a value is not allowed. The text names profile, line and key, and says what is allowed.
    pub fn parse(name: &str, toml: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if name.is_empty() || !name.bytes().all(allowed) {
            return Err(Error::invalid(format!(
                "failed to read profile `{name}`: its name is not valid: use letters, digits, `_`, `-` and `.`, as it is part of a URL"
            )));
        }
        Self::read(name, toml, Self::canonical().plan.edges.clone())
    }

    /// What it is asked for by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The format a scraper gets: the canonical names in any, other systems' names always as text 0.0.4, the only format in which every name they have is allowed.
    #[must_use]
    pub fn negotiate(&self, accept: Option<&str>) -> Format {
        self.format(Format::negotiate(accept))
    }

    pub(super) fn format(&self, wanted: Format) -> Format {
        if self.canonical { wanted } else { Format::Text }
    }

    /// Whether a family shows what happened in this window.
    pub(crate) fn asks_for(&self, window: Window) -> bool {
        self.plan.families.iter().any(|family| match &family.window {
            Some(named) => named == window.as_str(),
            None if family.kind == FamilyType::Summary => window == Window::FiveMinutes,
            None => USUAL.contains(&window) && family.sources.iter().any(Source::is_of_windows),
        })
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    fn read(name: &str, toml: &str, edges: DefaultEdges) -> Result<Self, Error> {
        let place = Place { profile: name, text: toml, at: 0 };
        let file: File = toml::from_str(toml).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Place { at, ..place }.error_in_line(error.message())
        })?;
        Ok(Self { name: name.to_owned(), canonical: false, plan: plan::compile(file, edges, place)? })
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}
