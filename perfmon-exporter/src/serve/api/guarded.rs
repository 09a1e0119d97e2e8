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

use crate::serve::{problem::Document, secure::FOR_ANYBODY};

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
        // Where nobody is configured, nobody has to say who they are.
        let nobody = SecurityRequirement::default();
        api.security = Some(vec![nobody, require("bearer"), require("basic")]);
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
