//! The JSON API: what each route answers, and what it says to those who ask wrongly.

mod support;

#[path = "api/compatible.rs"]
mod compatible;
#[path = "api/description.rs"]
mod description;
#[path = "api/mistakes.rs"]
mod mistakes;
#[path = "api/service.rs"]
mod service;
#[path = "api/sites.rs"]
mod sites;
#[path = "api/values.rs"]
mod values;
#[path = "api/whole.rs"]
mod whole;
