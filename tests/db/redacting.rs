//! Nothing of a value stays.

use perfmon::db::{name_of, redact};
use proptest::{prelude::*, sample::select};

#[test]
fn statements_lose_their_values_and_nothing_else() {
    for (statement, redacted) in [
        ("SELECT * FROM orders WHERE id = 42", "SELECT * FROM orders WHERE id = ?"),
        ("SELECT  a,\n\tb FROM t", "SELECT a, b FROM t"),
        ("  SELECT 1 ; ", "SELECT ? ;"),
        ("SELECT 'it''s', -1.5e-3, 0xFF, .5, X'AB', N'x', _utf8'y', 1_000", "SELECT ?"),
        ("SELECT a - 1, b-2, c + -3 FROM t", "SELECT a - ?, b-?, c + -? FROM t"),
        (
            "WHERE a IN (1, 2, 3) AND b IN ('x','y') AND c = ANY(ARRAY[1,2])",
            "WHERE a IN (?) AND b IN (?) AND c = ANY(ARRAY[?])",
        ),
        ("INSERT INTO t VALUES (1, 'a'), (2, 'b'),(3, NULL)", "INSERT INTO t VALUES (?),(?, NULL)"),
        (
            "UPDATE t SET active = TRUE, note = NULL WHERE at > DATE '2026-01-01'",
            "UPDATE t SET active = ?, note = NULL WHERE at > DATE ?",
        ),
        (
            "SELECT * FROM t WHERE a = $1 AND b = ? AND c = ?2 AND d = :name AND e = @name",
            "SELECT * FROM t WHERE a = ? AND b = ? AND c = ? AND d = ? AND e = ?",
        ),
        ("SELECT a::int, b[1:2] FROM t", "SELECT a::int, b[?:?] FROM t"),
        ("SELECT $$it's$$, $x$ $$ $x$ FROM t", "SELECT ? FROM t"),
        ("SELECT E'a\\'b' FROM t", "SELECT ? FROM t"),
        ("SELECT 1 -- Alice\n, 2 /* Bob */ FROM t # Carol", "SELECT ? FROM t"),
        // diesel's own way of showing what was bound.
        (
            "SELECT \"orders\".\"id\" FROM \"orders\" WHERE \"orders\".\"id\" = $1 -- binds: [42, \"a\nb\"]",
            "SELECT \"orders\".\"id\" FROM \"orders\" WHERE \"orders\".\"id\" = ?",
        ),
        ("SELECT `orders`.`id` FROM `orders` LIMIT ? -- binds: [1]", "SELECT `orders`.`id` FROM `orders` LIMIT ?"),
        ("SELECT [a b] FROM [t]", "SELECT [a b] FROM [t]"),
        // A name in PostgreSQL, a value in MySQL.
        ("SELECT * FROM \"t\" WHERE \"name\" = \"Alice\"", "SELECT * FROM \"t\" WHERE ? = ?"),
        ("SELECT trim(\"a\" FROM \"Alice\") FROM \"t\"", "SELECT trim(? FROM ?) FROM \"t\""),
        ("CREATE TABLE IF NOT EXISTS \"Foo\" (\"id\" int)", "CREATE TABLE IF NOT EXISTS \"Foo\" (? int)"),
        ("DROP TABLE IF EXISTS \"Foo\"", "DROP TABLE IF EXISTS \"Foo\""),
        ("SELECT `a``b` FROM `t` WHERE c = 'x'", "SELECT `a``b` FROM `t` WHERE c = ?"),
        ("SELECT NOT EXISTS \"Alice\"", "SELECT NOT EXISTS ?"),
        // Ends there in PostgreSQL, goes on in MySQL.
        ("SELECT 'a\\' OR name = 'Alice' FROM t", "SELECT ?"),
        ("SELECT 'C:\\\\' FROM t", "SELECT ? FROM t"),
        ("SELECT 5--3 'Alice'\n, 'Bob", "SELECT ?"),
        ("SELECT a #> '{b}' FROM t", "SELECT a #> ? FROM t"),
        ("SELECT a - - 1, (- 2), b = -  3 FROM t", "SELECT a - - ?, (?), b = ? FROM t"),
        ("SELECT q'[it''s]', 'x', nq'!a!' FROM t", "SELECT ? FROM t"),
        ("SELECT '''a''', '''' FROM t", "SELECT ? FROM t"),
        ("SELECT ARRAY['a', 'b'][1], c[d] #> '{e}', f // 2 FROM t", "SELECT ARRAY[?][?], c[d] #> ?, f // ? FROM t"),
        ("SELECT /*!50000 SQL_NO_CACHE */ 'a' FROM t", "SELECT ? FROM t"),
        (
            "PRAGMA key = Alice; PRAGMA rekey(Bob); PRAGMA foreign_keys",
            "PRAGMA key = ?; PRAGMA rekey(?); PRAGMA foreign_keys",
        ),
        ("SET app.who TO Alice; SET a = Bob", "SET app.who TO ?; SET a = ?"),
        ("SET NOCOUNT ON SELECT a FROM t WHERE a = b", "SET NOCOUNT ON SELECT a FROM t WHERE a = b"),
        ("UPDATE t SET a = b WHERE c = d", "UPDATE t SET a = b WHERE c = d"),
        ("ALTER USER scott IDENTIFIED BY Alice REPLACE Bob", "ALTER USER scott IDENTIFIED BY ? REPLACE ?"),
        ("COPY t FROM stdin WITH (FORMAT text);\n1\tAlice\n\\.\n", "COPY t FROM stdin WITH (FORMAT text); ?"),
        ("INSERT INTO t (format) FORMAT CSV\n1,Alice", "INSERT INTO t (format) FORMAT CSV ?"),
        ("INSERT INTO t SELECT a format FROM u", "INSERT INTO t SELECT a format FROM u"),
        ("SELECT 'never ended", "SELECT ?"),
        ("SELECT /* never ended", "SELECT"),
        ("", ""),
    ] {
        assert_eq!(redact(statement), redacted, "{statement}");
    }
}

/// What ends in one database and goes on in another.
#[test]
fn no_reading_of_any_database_shows_a_value() {
    for statement in [
        "SELECT * FROM t WHERE a = q'[it's Alice]' AND b = 1",
        "SELECT nQ'{it's Alice}' FROM t",
        "SELECT Q'!it's Alice!' FROM t",
        "SELECT '''he said 'Alice' ''' FROM t",
        "SELECT \"\"\"he said \"Alice\" \"\"\" FROM t",
        "SELECT r'''he said 'Alice' ''' FROM t",
        "SELECT * FROM \"t\\\" WHERE a = 'Alice'",
        "SELECT * FROM \"\"\"t\" WHERE a = 'Alice'",
        "SELECT `a\\`b`, 'Alice', `c` FROM t",
        "SELECT [it's] FROM t WHERE a = 'Alice'",
        "SELECT [a, [b's] FROM t WHERE a = 'Alice'",
        "SELECT [a--b] FROM t WHERE a = 'x\nAlice'",
        "SELECT [a/*b] FROM t WHERE a = '*/ Alice'",
        "SELECT 1 #- don't\n, 'Alice' FROM t",
        "SELECT 1 #> don't\n, 'Alice' FROM t",
        "SELECT 1 // don't\n, 'Alice' FROM t",
        "SELECT /*! 'a*/ Alice */ 1",
        "SELECT /*M!100100 'a*/ Alice */ 1",
    ] {
        let redacted = redact(statement);
        assert!(!redacted.contains("Alice"), "{statement} -> {redacted}");
    }
}

#[test]
fn what_is_long_is_cut() {
    let columns = redact(&format!("SELECT {} FROM t", "spalteü, ".repeat(1_000)));
    assert!(columns.len() <= 1_024 && columns.starts_with("SELECT spalteü, spalteü") && columns.ends_with('…'));
    let values = redact(&format!("SELECT * FROM t WHERE id IN ({})", vec!["'x'"; 5_000].join(", ")));
    assert_eq!(values, "SELECT * FROM t WHERE id IN (?)");
    assert_eq!(redact(&format!("SELECT '{}'", "x".repeat(100_000))), "SELECT ?…");
}

/// A value with a text or a number in it that stands nowhere else, as some database writes it.
fn literal() -> impl Strategy<Value = (String, String)> {
    let text = "[a-z]{3}(''|\"| |--|/\\*|\\*/|;|\\?|,|\\(|\\)|#|:|@|é|\n|\\\\\\\\){0,3}[0-9]{0,3}";
    let number = 10_000_000_u64..99_999_999;
    (text, number, 0..14_usize).prop_map(|(text, number, form)| {
        let secret = format!("zq{number}");
        let literal = match form {
            0 => format!("'{text}{secret}'"),
            1 => format!("'{secret}{text}'"),
            2 => format!("E'{secret}\\'{}'", text.replace('\'', "")),
            3 => format!("$${text}{secret}$$"),
            4 => format!("$body$ $$ {secret} ' $body$"),
            5 => format!("{number}"),
            6 => format!("-{number}.5e+10"),
            7 => format!("0x{number}"),
            8 => format!("x'{number}'"),
            9 => format!("N'{secret}'"),
            10 => format!("DATE '{secret}'"),
            11 => format!("ARRAY['{secret}', '{text}']"),
            12 => format!("\"{}{secret}\"", text.replace('"', "")),
            _ => format!("U&'{secret}{text}'"),
        };
        (literal, number.to_string())
    })
}

fn statement() -> impl Strategy<Value = (String, Vec<String>)> {
    let around = select(
        &[
            ("SELECT * FROM orders WHERE a = ", " AND b = 1"),
            ("SELECT ", ", b FROM orders"),
            ("INSERT INTO orders VALUES (", ", 2)"),
            ("UPDATE orders SET a = ", " WHERE b IS NULL"),
            ("SELECT f(", ") FROM orders -- note\n"),
            ("DELETE FROM orders WHERE a IN (1, ", ")"),
            ("WITH x AS (SELECT ", ") SELECT * FROM x"),
            ("/* note */ SELECT a FROM orders LIMIT 1 OFFSET -", ""),
            ("SELECT substring(a FROM ", ") FROM orders"),
            ("CALL f(", ")"),
        ][..],
    );
    proptest::collection::vec((around, literal()), 1..4).prop_map(|parts| {
        let secrets = parts.iter().map(|(_, (_, secret))| secret.clone()).collect();
        let all: Vec<_> =
            parts.iter().map(|((before, behind), (literal, _))| format!("{before}{literal}{behind}")).collect();
        (all.join("; "), secrets)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_value_survives((statement, secrets) in statement()) {
        let (redacted, named) = (redact(&statement), format!("{:?}", name_of(&statement)));
        for secret in secrets {
            prop_assert!(!redacted.contains(&secret), "{} -> {}", statement, redacted);
            prop_assert!(!named.contains(&secret), "{} -> {}", statement, named);
        }
    }

    #[test]
    fn any_text_is_redacted(text in "(\\PC|[\\n'\"`$;()/*-]){0,300}") {
        let once = redact(&text);
        prop_assert!(once.len() <= 1_024 && !once.contains(char::is_control));
    }

    #[test]
    fn values_make_no_difference(one in literal(), other in literal()) {
        let of = |(literal, _): &(String, String)| redact(&format!("SELECT * FROM t WHERE a = {literal}"));
        let plain = |redacted: String| redacted.replace("DATE ", "").replace("ARRAY[?]", "?").replace("-?", "?");
        prop_assert_eq!(plain(of(&one)), plain(of(&other)));
    }
}
