//! What is wrong with what was chosen, before anything runs.

use std::{path::Path, sync::Arc};

use perfmon_core::Error;

use super::Builder;
use crate::{
    listen::{Port, could_take, resolve},
    profiles::Profiles,
    serve::Door,
    writable::unwritable,
};

impl Builder {
    /// Says what [`start`](Self::start) would say, but all of it at once, and starts nothing. What `start` serves nevertheless, and health then tells of, is
    /// wrong here: a certificate that has ended.
    ///
    /// # Errors
    /// As [`start`](Self::start), apart from a port that somebody has at present, and from what only opening the log and making threads can show. Several have a line each.
    pub fn check(&self) -> Result<(), Error> {
        let public = self.public || self.access.names_anybody();
        let listen = resolve(&self.listen, public).and_then(|addresses| could_take(&self.listen, &addresses).map(drop));
        let found = [
            self.profiles().map(drop),
            self.simple(),
            self.door().map(drop),
            listen.map_err(|error| self.tell("server.listen", error)),
            #[cfg(feature = "config")]
            self.check_log(),
            #[cfg(feature = "tls")]
            self.check_certificate(),
        ];
        let wrong: Vec<Error> = found.into_iter().filter_map(Result::err).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Error::together(wrong)) }
    }

    /// What is right and yet dangerous, of which [`start`](Self::start) warns in the log: who may read or change what, and what travels in the clear.
    #[doc(hidden)]
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let addresses = resolve(&self.listen, true).unwrap_or_default();
        let mut warnings: Vec<String> = addresses
            .iter()
            .find(|address| !address.ip().is_loopback())
            .map(|address| Door::warnings(&self.access, *address))
            .unwrap_or_default();
        #[cfg(feature = "config")]
        warnings.extend(self.config.iter().flat_map(|(_, config)| config.warnings().to_vec()));
        warnings.iter_mut().for_each(|warning| *warning = self.shown(warning));
        warnings
    }

    /// What is right and would nevertheless keep [`start`](Self::start) from starting at present: somebody has the port.
    #[doc(hidden)]
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let addresses = resolve(&self.listen, true).unwrap_or_default();
        let taken = matches!(could_take(&self.listen, &addresses), Ok(Port::Taken));
        let listen = self.shown(&self.listen);
        taken
            .then(|| format!("somebody listens on {listen} at present, perhaps the one that this would start again"))
            .into_iter()
            .collect()
    }

    /// What starting needs, if all is right.
    pub(super) fn prepare(&self) -> Result<(Profiles, Door), Error> {
        let profiles = self.profiles()?;
        self.simple()?;
        Ok((profiles, self.door()?))
    }

    pub(super) fn profiles(&self) -> Result<Profiles, Error> {
        Profiles::compile(&self.profiles, self.default_profile.as_deref())
    }

    fn simple(&self) -> Result<(), Error> {
        self.history.map_or(Ok(()), |bounds| bounds.check())?;
        self.sections.check()?;
        let report = self.final_report.as_deref().map_or(Ok(()), check_report);
        report.map_err(|error| self.tell("report.final", error))
    }

    fn door(&self) -> Result<Door, Error> {
        let access = Arc::new(self.access.clone());
        Door::check(&access)?;
        Door::new(&access, self.public).map_err(|error| self.tell("server.tls", error))
    }

    /// It is served when it has ended, too: who renews it needs no restart then.
    #[cfg(feature = "tls")]
    fn check_certificate(&self) -> Result<(), Error> {
        let checked = self.access.tls.as_ref().map(|tls| crate::validity::check(&tls.certificate));
        checked.unwrap_or(Ok(())).map_err(|error| self.tell("server.tls", error))
    }

    /// Says where the value of a key stands in the configuration, if the error is of that value.
    #[cfg(feature = "config")]
    pub(super) fn tell(&self, key: &str, error: Error) -> Error {
        let Some((_, config)) = &self.config else { return error };
        // What was chosen after the configuration is not its mistake.
        let is_its = match key {
            "server.listen" => config.server.listen.as_ref() == Some(&self.listen),
            "server.tls" => config.server.tls == self.access.tls,
            "report.final" => config.report.last == self.final_report,
            _ => true,
        };
        if is_its { config.tell(key, error) } else { error }
    }

    /// A text without what variables of the configuration hold.
    #[cfg(feature = "config")]
    pub(super) fn shown(&self, text: &str) -> String {
        self.config.as_ref().map_or_else(|| text.to_owned(), |(_, config)| config.shown(text))
    }

    #[cfg(not(feature = "config"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn shown(&self, text: &str) -> String {
        text.to_owned()
    }

    #[cfg(not(feature = "config"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    pub(super) fn tell(&self, _: &str, error: Error) -> Error {
        error
    }
}

/// Found out at the start rather than when all is over.
fn check_report(path: &Path) -> Result<(), Error> {
    let wrong = |why: String| {
        Err(Error::invalid(format!(
            "the final report cannot be written to {}: {why}; write a file such as \"report.json\", in a folder that is there and yours",
            path.display()
        )))
    };
    match unwritable(path) {
        Some(why) => wrong(why),
        None => match path.extension().and_then(|ending| ending.to_str()) {
            Some("json" | "md" | "markdown" | "csv" | "txt") => Ok(()),
            _ => wrong(String::from("its name must end in .json, .md, .csv or .txt")),
        },
    }
}
