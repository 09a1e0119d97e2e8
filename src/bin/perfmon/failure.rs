//! Why a command ends without having done what was asked.

/// What to tell, and the exit status that says which sort it is.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: u8,
    pub(crate) message: String,
}

impl Failure {
    /// It was refused, or could not be done.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into() }
    }

    /// Wrong usage or configuration.
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into() }
    }

    /// Nobody could be asked.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// A configuration that cannot be read is as wrong as one with a mistake in it.
    pub(crate) fn configuration(error: &perfmon::Error) -> Self {
        Self::wrong(error.to_string())
    }
}

impl From<perfmon::Error> for Failure {
    fn from(error: perfmon::Error) -> Self {
        if error.is_invalid() { Self::wrong(error.to_string()) } else { Self::failed(error.to_string()) }
    }
}
