//! `impl` blocks, traits and inline modules: every function inside gets the attribute.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{LitStr, Path, ext::IdentExt};

use super::Mode;
use crate::{
    args::Args,
    errors::Errors,
    item::{Container, ContainerWord, Function, Item},
    model::{KINDS, Kind, Place, Rows, ours},
    shape::Shape,
    tokens::{attributes_end, find_word},
    valid,
};

/// The container with the attribute on its functions; `None` when it stays as it is.
pub(super) fn expand(
    kind: &'static Kind,
    mut args: Args,
    container: Container,
    mode: Mode,
    errors: &mut Errors,
) -> Option<TokenStream> {
    let skipped = args.skip.take().and_then(|skip| skip.names).unwrap_or_default();
    let written = std::mem::take(&mut args.written);
    let site = valid::site(args, kind, Place::Attribute, errors);
    let mut spread = Spread {
        kind,
        root: site.root.as_ref(),
        name: &site.name,
        options: &written,
        used: vec![false; skipped.len()],
        skipped,
    };
    let expanded = spread.over(container, &[]);
    for (name, used) in spread.skipped.iter().zip(&spread.used) {
        if !used {
            errors.at(name.span(), format!("nothing in here is named `{name}`: take it off the list"));
        }
    }
    let plain =
        mode == Mode::Off && site.labels.is_empty() && site.classify.is_none() && !matches!(site.rows, Rows::By(_));
    (errors.is_empty() && !plain).then_some(expanded)
}

/// One attribute on its way to many functions.
struct Spread<'a> {
    kind: &'static Kind,
    root: Option<&'a Path>,
    name: &'a [LitStr],
    options: &'a [(Ident, TokenStream)],
    skipped: Vec<Ident>,
    /// Which of `skipped` were found.
    used: Vec<bool>,
}

impl Spread<'_> {
    /// `path` is what stands between the given name and a function's.
    fn over(&mut self, container: Container, path: &[String]) -> TokenStream {
        let mut body = TokenStream::new();
        for tokens in Item::split(container.body.stream()) {
            match Item::of(tokens.clone()) {
                Item::Function(function) => {
                    if self.measures(&function) {
                        body.extend(self.attribute(&function, path));
                    }
                    body.extend(tokens);
                }
                Item::Container(inner) if container.word == ContainerWord::Mod && self.enters(&inner) => {
                    let mut path = path.to_vec();
                    path.extend(inner.name.as_ref().map(|name| name.unraw().to_string()));
                    body.extend(self.over(inner, &path));
                }
                _ => body.extend(tokens),
            }
        }
        let mut group = Group::new(Delimiter::Brace, body);
        group.set_span(container.body.span());
        let mut all: TokenStream = container.header.into_iter().collect();
        all.extend([TokenTree::Group(group)]);
        all
    }

    fn measures(&mut self, function: &Function) -> bool {
        let skipped = self.skips(Some(&function.name));
        !skipped && function.body.is_some() && function.constant.is_none() && !has_own(&function.header)
    }

    fn enters(&mut self, container: &Container) -> bool {
        !self.skips(container.name.as_ref()) && !has_own(&container.header)
    }

    fn skips(&mut self, name: Option<&Ident>) -> bool {
        let mut found = false;
        for (skipped, used) in self.skipped.iter().zip(&mut self.used) {
            if Some(skipped) == name {
                *used = true;
                found = true;
            }
        }
        found
    }

    /// The attribute as it would be written on this function.
    fn attribute(&self, function: &Function, path: &[String]) -> TokenStream {
        let span = ours();
        let shape = Shape::of(function);
        let mut options: Vec<TokenStream> = Vec::new();
        match self.name {
            [prefix] if self.kind.parts.len() == 1 => {
                let mut name = vec![prefix.value()];
                name.extend(path.iter().cloned());
                name.push(function.name.unraw().to_string());
                options.push(LitStr::new(&name.join("::"), prefix.span()).into_token_stream());
            }
            parts => options.extend(parts.iter().map(ToTokens::to_token_stream)),
        }
        for (key, option) in self.options {
            let fits = if key == "skip" {
                false
            } else if key == "busy" {
                shape.is_polled()
            } else if key == "rows" {
                !matches!(shape, Shape::Guard(_) | Shape::AsyncNever | Shape::Stream(_))
            } else if key == "err" || key == "ok" {
                !matches!(shape, Shape::Guard(_) | Shape::AsyncNever)
            } else {
                true
            };
            if fits {
                options.push(option.clone());
            }
        }
        let attribute = Ident::new(self.kind.attribute, span);
        let root = if let Some(root) = self.root { quote!(#root) } else { quote_spanned!(span=> ::perfmon) };
        quote_spanned!(span=> #[#root::#attribute(#(#options),*)])
    }
}

/// Whether an attribute of ours stands on it already, if only by `cfg_attr`.
fn has_own(header: &[TokenTree]) -> bool {
    let ours = KINDS.map(|kind| kind.attribute);
    find_word(&header[..attributes_end(header)], &ours).is_some()
}
