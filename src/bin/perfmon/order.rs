//! Options in any order: `perfmon --url URL status` is `perfmon status --url URL`.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// Arguments with a command's options behind it. Everything else stays where it is, for the parser to judge.
pub(crate) fn in_order(arguments: impl IntoIterator<Item = OsString>, cli: &Command) -> Vec<OsString> {
    let mut arguments = arguments.into_iter();
    let mut ordered: Vec<OsString> = arguments.next().into_iter().collect();
    let mut moved = Vec::new();
    while let Some(argument) = arguments.next() {
        let Some(option) = option_of_a_command(&argument, cli) else {
            let is_command = cli.get_subcommands().any(|command| argument == command.get_name());
            let is_own = cli.get_arguments().any(|own| is_named(own, &argument));
            ordered.push(argument);
            if is_own {
                continue;
            }
            if is_command {
                ordered.append(&mut moved);
            }
            break;
        };
        let has_value = argument.as_encoded_bytes().contains(&b'=');
        moved.push(argument);
        if option.get_action().takes_values() && !has_value {
            moved.extend(arguments.next());
        }
    }
    ordered.extend(arguments);
    ordered
}

fn option_of_a_command<'a>(argument: &OsStr, cli: &'a Command) -> Option<&'a Arg> {
    cli.get_subcommands().flat_map(Command::get_arguments).find(|option| is_named(option, argument))
}

/// Whether it is this option, with its value or without.
fn is_named(option: &Arg, argument: &OsStr) -> bool {
    let written = argument.to_str().and_then(|text| text.strip_prefix("--"));
    let name = written.map(|text| text.split_once('=').map_or(text, |(name, _)| name));
    name.is_some() && name == option.get_long()
}
