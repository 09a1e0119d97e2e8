//! Which of the known names somebody may have meant.

/// `; did you mean "listen"?`, if one of the names is near, else a full stop. None is near to what is too long to be a slip.
pub(crate) fn hint<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = (written.len() <= LONGEST_SLIP).then(|| near(written, known)).flatten();
    near.map_or_else(|| String::from("."), |name| format!("; did you mean {name:?}?"))
}

/// Finding the nearest name takes time by the length of both.
const LONGEST_SLIP: usize = 64;
/// A shorter one begins other words by chance.
const SHORTEST_WORD: usize = 4;

/// The nearest of the names, if it is near; else one that is the same but for what is behind it.
pub(crate) fn near<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.collect();
    let written = written.to_lowercase();
    let nearest = known.iter().map(|&name| (strsim::damerau_levenshtein(&written, name), name)).min();
    let near = nearest.filter(|(distance, name)| *distance <= 1 + name.len() / 4).map(|(_, name)| name);
    let begins = |long: &str, short: &str| {
        long.strip_prefix(short).is_some_and(|rest| rest.starts_with('_') || short.len() >= SHORTEST_WORD)
    };
    near.or_else(|| known.into_iter().find(|name| begins(&written, name) || begins(name, &written)))
}
