//! Statements as PostgreSQL, SQLite and MySQL know them, and as nobody does.

use perfmon::db::name_of;
use proptest::prelude::*;

/// Statement, operation, table; no table is empty.
const STATEMENTS: &[(&str, &str, &str)] = &[
    // All of them.
    ("SELECT * FROM orders", "select", "orders"),
    ("select id, (select count(*) from fills f where f.order_id = o.id) from orders o", "select", "orders"),
    ("SELECT o.id FROM orders o JOIN fills f ON f.order_id = o.id WHERE o.symbol = ?", "select", "orders"),
    ("SELECT * FROM (SELECT * FROM orders WHERE side = 'buy') AS bought JOIN customers USING (id)", "select", "orders"),
    ("(SELECT a FROM one) UNION ALL (SELECT a FROM two)", "select", "one"),
    ("SELECT 1", "select", ""),
    ("SELECT 'from secrets'", "select", ""),
    ("SELECT DISTINCT symbol FROM Orders", "select", "orders"),
    ("SELECT extract(year FROM created) FROM orders", "select", "orders"),
    ("SELECT trim(both ' ' from name) FROM customers", "select", "customers"),
    ("SELECT a IS DISTINCT FROM b FROM pairs", "select", "pairs"),
    ("SELECT * FROM a, b WHERE a.x = b.x", "select", "a"),
    ("select*from orders", "select", "orders"),
    ("SELECT * FROM orders;", "select", "orders"),
    ("SELECT * -- from comment\nFROM /* from another */ orders", "select", "orders"),
    ("INSERT INTO orders (id, side) VALUES (1, 'buy')", "insert", "orders"),
    ("INSERT INTO orders(id) SELECT id FROM old_orders", "insert", "orders"),
    ("UPDATE orders SET side = 'from x' WHERE id = 3", "update", "orders"),
    ("DELETE FROM orders WHERE id IN (SELECT id FROM gone)", "delete", "orders"),
    ("WITH gone AS (SELECT id FROM old_orders) DELETE FROM orders USING gone", "delete", "orders"),
    (
        "WITH RECURSIVE tree(id, up) AS (SELECT id, up FROM nodes UNION ALL SELECT n.id, n.up FROM nodes n JOIN tree t ON n.up = t.id) SELECT * FROM tree",
        "select",
        "nodes",
    ),
    ("with a as (select 1), b as (select * from a) select * from b join orders using (id)", "select", "orders"),
    ("WITH moved AS (DELETE FROM inbox RETURNING *) INSERT INTO archive SELECT * FROM moved", "insert", "archive"),
    ("BEGIN", "begin", ""),
    ("COMMIT", "commit", ""),
    ("ROLLBACK TO SAVEPOINT one", "rollback", ""),
    ("SAVEPOINT one", "savepoint", ""),
    ("RELEASE SAVEPOINT one", "release", ""),
    ("BEGIN; UPDATE orders SET side = 'sell'; COMMIT", "update", "orders"),
    ("SET search_path TO shop; SELECT * FROM orders", "select", "orders"),
    ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "start", ""),
    ("EXPLAIN SELECT * FROM orders", "explain", "orders"),
    ("CREATE TABLE IF NOT EXISTS shop.orders (id int primary key)", "create", "orders"),
    ("CREATE UNIQUE INDEX orders_by_symbol ON orders (symbol)", "create", "orders"),
    ("CREATE OR REPLACE VIEW open_orders AS SELECT * FROM orders", "create", "open_orders"),
    ("CREATE TRIGGER told AFTER INSERT ON orders BEGIN SELECT 1; END", "create", "orders"),
    ("CREATE SCHEMA shop", "create", ""),
    ("ALTER TABLE orders ADD COLUMN note text DEFAULT 'none'", "alter", "orders"),
    ("DROP TABLE IF EXISTS orders", "drop", "orders"),
    ("DROP INDEX orders_by_symbol", "drop", ""),
    ("TRUNCATE TABLE orders", "truncate", "orders"),
    ("VALUES (1, 2), (3, 4)", "values", ""),
    ("CALL settle_day(DATE '2026-11-01')", "call", "settle_day"),
    // PostgreSQL.
    ("SELECT \"id\", \"side\" FROM \"public\".\"Orders\" WHERE \"id\" = $1", "select", "orders"),
    ("SELECT * FROM ONLY public.orders", "select", "orders"),
    ("SELECT * FROM generate_series(1, 10) AS day", "select", ""),
    ("SELECT * FROM unnest($1::int[]) AS ids(id) JOIN orders USING (id)", "select", "orders"),
    ("SELECT * FROM customers c, LATERAL (SELECT * FROM orders o WHERE o.by = c.id) x", "select", "customers"),
    ("SELECT $$from secrets$$ FROM orders", "select", "orders"),
    ("SELECT E'it\\'s from' FROM orders", "select", "orders"),
    (
        "INSERT INTO orders (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET side = excluded.side RETURNING id",
        "insert",
        "orders",
    ),
    ("MERGE INTO stock AS s USING delivered AS d ON s.id = d.id WHEN MATCHED THEN UPDATE SET n = 1", "merge", "stock"),
    ("EXPLAIN (ANALYZE, FORMAT JSON) WITH a AS (SELECT 1) SELECT * FROM orders", "explain", "orders"),
    ("COPY orders (id, side) FROM STDIN", "copy", "orders"),
    ("COPY (SELECT * FROM orders) TO STDOUT", "copy", "orders"),
    ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY orders USING btree (id)", "create", "orders"),
    ("CREATE MATERIALIZED VIEW daily AS SELECT 1", "create", "daily"),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY daily", "refresh", "daily"),
    ("COMMENT ON TABLE orders IS 'of Alice'", "comment", "orders"),
    ("VACUUM (FULL, ANALYZE) orders", "vacuum", "orders"),
    ("ANALYZE VERBOSE orders", "analyze", "orders"),
    ("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", "lock", "orders"),
    ("DECLARE c CURSOR FOR SELECT * FROM orders", "declare", "orders"),
    ("FETCH 100 FROM c", "fetch", ""),
    ("DO $body$ BEGIN DELETE FROM orders; END $body$", "do", ""),
    ("LISTEN fills", "listen", ""),
    ("SHOW server_version", "show", ""),
    ("TRUNCATE ONLY orders, fills", "truncate", "orders"),
    ("TABLE orders", "table", "orders"),
    // SQLite.
    ("PRAGMA table_info('orders')", "pragma", ""),
    ("INSERT OR REPLACE INTO main.orders VALUES (?1, ?2)", "insert", "orders"),
    ("UPDATE OR IGNORE orders SET id = 1", "update", "orders"),
    ("REPLACE INTO orders VALUES (:id, @side, $note)", "replace", "orders"),
    ("EXPLAIN QUERY PLAN SELECT * FROM orders", "explain", "orders"),
    ("CREATE VIRTUAL TABLE notes USING fts5(body)", "create", "notes"),
    ("SELECT * FROM [my orders]", "select", "my orders"),
    ("SELECT * FROM json_each('[1]')", "select", ""),
    ("ATTACH DATABASE 'file.db' AS other", "attach", ""),
    ("VACUUM", "vacuum", ""),
    // MySQL.
    ("SELECT `id` FROM `shop`.`orders` LIMIT 10, 20", "select", "orders"),
    ("SELECT \"from secrets\" FROM orders WHERE a = \"x\"", "select", "orders"),
    ("INSERT IGNORE INTO orders VALUES (1)", "insert", "orders"),
    ("INSERT orders SET id = 1", "insert", "orders"),
    ("INSERT INTO orders VALUES (1) ON DUPLICATE KEY UPDATE id = 2", "insert", "orders"),
    ("DELETE o FROM orders o JOIN gone g ON g.id = o.id", "delete", "orders"),
    ("UPDATE LOW_PRIORITY orders o JOIN fills f SET o.n = f.n", "update", "orders"),
    ("/*!40101 SET NAMES utf8 */", "other", ""),
    ("SELECT SQL_NO_CACHE * FROM orders # of 'Alice'", "select", "orders"),
    ("OPTIMIZE TABLE orders", "optimize", "orders"),
    ("DESCRIBE orders", "describe", "orders"),
    ("SHOW TABLES FROM shop", "show", ""),
    ("SELECT STRAIGHT_JOIN * FROM one JOIN two", "select", "one"),
    ("USE shop", "use", ""),
    ("SELECT * FROM `ta``ble`", "select", "ta`ble"),
    ("SELECT * FROM \"a\"\"B\"", "select", "a\"b"),
    ("DELETE QUICK FROM orders WHERE id = 1", "delete", "orders"),
    // SQL Server.
    ("UPDATE TOP (5) dbo.t SET a = 1", "update", "t"),
    ("UPDATE TOP (5) PERCENT t SET a = 1", "update", "t"),
    ("INSERT TOP (@n) INTO t SELECT * FROM u", "insert", "t"),
    ("INSERT INTO top (id) VALUES (1)", "insert", "top"),
    ("DELETE TOP (5) FROM dbo.t WHERE a = 1", "delete", "t"),
    ("DELETE TOP (5) dbo.t", "delete", "t"),
    ("DELETE orders WHERE id IN (SELECT id FROM gone)", "delete", "orders"),
    ("EXEC dbo.settle_day @day = '2026-11-01'", "exec", "settle_day"),
    ("EXEC @returned = [dbo].[Settle Day] 1", "exec", "settle day"),
    ("EXECUTE settle_day", "execute", "settle_day"),
    ("EXEC sp_executesql N'SELECT * FROM secrets'", "exec", "sp_executesql"),
    ("EXEC ('SELECT * FROM secrets')", "exec", ""),
    ("EXEC @which @day = 1", "exec", ""),
    ("{call settle_day(?)}", "call", "settle_day"),
    ("{ ? = CALL dbo.settle_day (?, 1) }", "call", "settle_day"),
    ("SELECT * FROM [a]]b]", "select", "a]b"),
    // What it decides itself.
    ("IF EXISTS (SELECT 1 FROM t) SELECT 2 FROM u", "other", ""),
    ("SELECT * FROM #temp", "select", ""),
    // Oracle and others.
    ("INSERT ALL INTO a VALUES (1) INTO b VALUES (2) SELECT * FROM dual", "insert", "a"),
    ("INSERT FIRST WHEN n > 1 THEN INTO a ELSE INTO b SELECT n FROM c", "insert", "a"),
    ("EXECUTE IMMEDIATE 'DROP TABLE secrets'", "execute", ""),
    ("EXECUTE PROCEDURE settle_day(1)", "execute", "settle_day"),
    ("UPSERT INTO kv VALUES (1, 2)", "upsert", "kv"),
    ("SELECT * FROM U&\"d\\0061t\\+000061\"", "select", "data"),
    ("SELECT * FROM public.u&\"a\\\\b\"", "select", "a\\b"),
    ("SELECT * FROM U&\"d\\00\"", "select", ""),
    ("SELECT * FROM u", "select", "u"),
    // None of them.
    ("", "other", ""),
    (";;", "other", ""),
    ("'Alice'", "other", ""),
    ("Alice's orders", "other", ""),
    ("SELECT * FROM 'orders'", "select", ""),
    ("INSERT INTO 'Alice'", "insert", ""),
    ("UPDATE SET", "update", ""),
    ("SELECT * FROM", "select", ""),
    ("WITH", "with", ""),
    ("SELECT * FROM \"with\u{7}bell\"", "select", ""),
];

#[test]
fn statements_are_named() {
    let mut wrong = Vec::new();
    for (statement, operation, table) in STATEMENTS {
        let named = name_of(statement);
        if (named.operation, named.table.as_deref().unwrap_or_default()) != (*operation, *table) {
            wrong.push(format!("{statement}\n    expected {operation} {table}, got {named:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_bounded() {
    let long = "ü".repeat(200);
    let named = name_of(Box::leak(format!("SELECT * FROM {long}").into_boxed_str()));
    assert_eq!(named.table.as_deref(), Some(&*"ü".repeat(32)));
    let upper = format!("SELECT * FROM {}", "A".repeat(200));
    assert_eq!(name_of(&upper).table.as_deref(), Some(&*"a".repeat(64)));
    // What comes after so much is not looked for.
    let padded = format!("SELECT {} FROM orders", "a, ".repeat(100_000));
    assert_eq!(name_of(&padded).table, None);
    let deep = format!("SELECT {}1{} FROM orders", "(".repeat(1_000), ")".repeat(1_000));
    assert_eq!(name_of(&deep).table.as_deref(), Some("orders"));
}

proptest! {
    #[test]
    fn any_text_is_named(text in "(\\PC|[\\n'\"`$;()/*-]){0,200}") {
        let named = name_of(&text);
        prop_assert!(named.operation.bytes().all(|byte| byte.is_ascii_lowercase()));
        prop_assert!(named.table.is_none_or(|table| !table.is_empty() && table.len() <= 64 && !table.contains(char::is_control)));
    }

    #[test]
    fn case_and_white_space_are_nothing(at in 0..STATEMENTS.len(), space in "[ \\t\\n]{1,3}|/\\* note \\*/") {
        let (statement, operation, table) = STATEMENTS[at];
        // Only where white space cannot be part of a literal or end a comment.
        if !statement.contains(['\'', '"', '$', '#', '[', '-']) && !statement.contains("/*") {
            let changed = statement.to_uppercase().replace(' ', &space);
            let named = name_of(&changed);
            prop_assert_eq!(named.operation, operation);
            let found = named.table.as_deref().unwrap_or_default().to_lowercase();
            prop_assert_eq!(found, table.to_lowercase());
        }
    }
}
