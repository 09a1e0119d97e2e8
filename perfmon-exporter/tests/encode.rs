//! What scrapers get: documents in every format, with perfmon's own and with other systems' names.

#[path = "encode/documents.rs"]
mod documents;
#[path = "encode/fixture.rs"]
mod fixture;
#[path = "encode/parser.rs"]
mod parser;
#[path = "encode/peers.rs"]
mod peers;
#[path = "encode/profiles.rs"]
mod profiles;
