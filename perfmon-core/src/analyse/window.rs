//! Live windows: what happened in the last ten seconds, minute, … hour.
