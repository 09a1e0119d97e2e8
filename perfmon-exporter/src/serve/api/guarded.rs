//! What the gate in front of every route adds to the API's description: who may ask, and how it refuses.

use utoipa::{
    Modify, ToSchema,
    openapi::{
        Components, ContentBuilder, OpenApi, Ref, Response, ResponseBuilder,
        header::HeaderBuilder,
        schema::{ObjectBuilder, Type},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    serve::{problem::Document, secure::FOR_ANYBODY},
    settings::Access,
};

/// Adds it to every operation.
pub(super) struct Guarded;

/// How the gate and the server refuse, whatever is asked: status, name, reason, and a header that comes along.
const REFUSALS: [(&str, &str, &str, Option<&str>); 4] = [
    ("401", "Unauthorized", "Nobody is known by that token, or name and password", Some("WWW-Authenticate")),
    ("421", "Misdirected", "The header Host names another server", None),
    ("429", "TooMany", "Too many requests, or wrong guesses, from this address", Some("Retry-After")),
    ("503", "Unavailable", "Just started, or too busy with others", None),
];

impl Modify for Guarded {
    fn modify(&self, api: &mut OpenApi) {
        let components = api.components.get_or_insert_with(Components::new);
        let schemes = [("bearer", HttpAuthScheme::Bearer), ("basic", HttpAuthScheme::Basic)];
        for (name, scheme) in schemes {
            components.add_security_scheme(name, SecurityScheme::Http(Http::new(scheme)));
        }
        for (_, name, reason, header) in REFUSALS {
            components.responses.insert(name.to_owned(), refusal(reason, header).into());
        }
        for (path, item) in &mut api.paths.paths {
            let Some(operation) = item.get.as_mut() else { continue };
            let is_for_anybody = FOR_ANYBODY.contains(&path.as_str());
            for (status, name, ..) in REFUSALS.into_iter().filter(|(status, ..)| !(is_for_anybody && *status == "401"))
            {
                let responses = &mut operation.responses.responses;
                responses.entry(status.to_owned()).or_insert_with(|| Ref::from_response_name(name).into());
            }
        }
    }
}

/// How a server asks who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// It does not.
    Nothing,
    Token,
    Password,
    Either,
}

impl Asked {
    pub(super) const ALL: [Self; 4] = [Self::Nothing, Self::Token, Self::Password, Self::Either];

    /// `is_protected`: it does, whoever it knows now.
    pub(super) fn of(access: &Access, is_protected: bool) -> Self {
        match (access.tokens.is_empty(), access.users.is_empty()) {
            (true, true) if !is_protected => Self::Nothing,
            (_, true) => Self::Token,
            (true, false) => Self::Password,
            (false, false) => Self::Either,
        }
    }

    /// Says so in the description. What is for anybody tells more to those who say who they are.
    pub(super) fn describe(self, api: &mut OpenApi) {
        let ways = match self {
            Self::Nothing => vec![SecurityRequirement::default()],
            Self::Token => vec![require("bearer")],
            Self::Password => vec![require("basic")],
            Self::Either => vec![require("bearer"), require("basic")],
        };
        for (_, item) in api.paths.paths.iter_mut().filter(|(path, _)| FOR_ANYBODY.contains(&path.as_str())) {
            let mut ways = ways.clone();
            if self != Self::Nothing {
                ways.insert(0, SecurityRequirement::default());
            }
            item.get.iter_mut().for_each(|operation| operation.security = Some(ways.clone()));
        }
        api.security = Some(ways);
    }
}

fn require(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, [""; 0])
}

fn refusal(reason: &str, header: Option<&str>) -> Response {
    let document = Ref::from_schema_name(Document::name());
    let content = ContentBuilder::new().schema(Some(document)).build();
    let response = ResponseBuilder::new().description(reason).content("application/problem+json", content);
    let text = HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).build();
    match header {
        Some(name) => response.header(name, text).build(),
        None => response.build(),
    }
}
