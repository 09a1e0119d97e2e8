//! What the compiler says about mistakes: one case for each message, in `tests/ui/`.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the messages anew; read them as somebody who made the mistake.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
