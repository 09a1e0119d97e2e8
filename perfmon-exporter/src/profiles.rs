//! The profiles of names that can be scraped.

use std::{ops::Deref, sync::Arc};

use perfmon_core::Error;

use crate::encode::Profile;

/// The shipped profiles, and the user's own, which come first.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    own: Vec<Arc<Profile>>,
    default: Option<String>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) enum Chosen {
    Own(Arc<Profile>),
    Shipped(&'static Profile),
}

impl Deref for Chosen {
    type Target = Profile;

    fn deref(&self) -> &Profile {
        match self {
            Self::Own(profile) => profile,
            Self::Shipped(profile) => profile,
        }
    }
}

impl Profiles {
    /// Those of the user, by name and text, and the one for scrapes that name none.
    pub(crate) fn compile(own: &[(String, String)], default: Option<&str>) -> Result<Self, Error> {
        let mut profiles = Self::default();
        for (name, toml) in own {
            profiles.add(Profile::parse(name, toml)?);
        }
        if let Some(name) = default {
            profiles.set_default(name)?;
        }
        Ok(profiles)
    }

    /// Adds one of the user's, which may take the place of a shipped one.
    fn add(&mut self, profile: Profile) {
        self.own.retain(|known| known.name() != profile.name());
        self.own.push(Arc::new(profile));
    }

    /// Chooses what a scrape gets that names none.
    fn set_default(&mut self, name: &str) -> Result<(), Error> {
        self.get(Some(name)).map_err(Error::invalid)?;
        self.default = Some(name.to_owned());
        Ok(())
    }

    /// The profile of a name, or the one for scrapes that name none; else a sentence that says which there are.
    pub(crate) fn get(&self, name: Option<&str>) -> Result<Chosen, String> {
        let name = name.or(self.default.as_deref()).unwrap_or_else(|| Profile::canonical().name());
        let own = self.own.iter().find(|profile| profile.name() == name).cloned().map(Chosen::Own);
        own.or_else(|| Profile::shipped(name).map(Chosen::Shipped)).ok_or_else(|| {
            let known: Vec<&str> = self.names().collect();
            format!("there is no profile of names {name:?}: known are {}", known.join(", "))
        })
    }

    /// All of them, the shipped ones first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.own.iter().map(|profile| profile.name()).filter(|name| Profile::shipped(name).is_none());
        Profile::shipped_names().map(|name| -> &str { name }).chain(own)
    }
}

#[cfg(test)]
mod tests {
    use super::{Chosen, Profiles};
    use crate::encode::Profile;

    #[test]
    fn ones_own_take_the_place_of_shipped_ones() {
        let mut profiles = Profiles::default();
        let is_own = |profiles: &Profiles, name| matches!(profiles.get(name), Ok(Chosen::Own(_)));
        assert!(!is_own(&profiles, None));
        profiles.add(Profile::parse("canonical", "rest = \"drop\"").expect("valid"));
        assert!(is_own(&profiles, None) && is_own(&profiles, Some("canonical")));
        profiles.set_default("trading_bot").expect("shipped");
        assert!(!is_own(&profiles, None));
        assert_eq!(profiles.names().filter(|name| *name == "canonical").count(), 1);
        let error = profiles.get(Some("")).expect_err("nobody's name");
        assert!(error.contains("known are canonical, trading_bot"), "{error}");
    }
}
