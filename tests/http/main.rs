//! The HTTP layer: around axum on a real socket, around services in the process, around a real tonic server.

mod bodies;
mod endpoints;
mod gone;
mod grpc;
mod headers;
mod nested;
mod outcomes;
mod panics;
mod served;
mod statuses;
mod support;
mod traced;
