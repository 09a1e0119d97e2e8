//! What bounds the memory of books: how many there are, and an allocator that counts what one takes.

#[path = "../perfmon-core/tests/support/counting.rs"]
mod counting;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon::snapshot::Value;
use perfmon::trading::{Book, Fill, OrderEvent, Orders, PnlKind, Position};

use counting::{ALLOCATIONS, HELD};

/// One test has all the books there may be.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn day(number: u32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(86_400) * (10_000 + number)
}

#[test]
fn updates_leave_nothing_behind() {
    let _alone = alone();
    let book = Book::builder("updates").capital(1e6).build().expect("a new name");
    let update = |number: u32| {
        let (at, symbol) = (book.at(day(0)), ["A", "B", "C"][number as usize % 3]);
        at.fill(if number.is_multiple_of(2) { Fill::buy } else { Fill::sell }(symbol, 1.0, f64::from(number % 100)));
        at.mark(symbol, f64::from(number % 90));
        at.record_pnl(symbol, 1.0, PnlKind::Realized);
        at.update_position("D", Position { quantity: f64::from(number), ..Position::default() });
        at.benchmark(f64::from(number + 1));
        at.mark("unknown", 1.0);
        at.mark("A", f64::NAN);
    };
    (0..10).for_each(update);
    let before = (ALLOCATIONS.get(), HELD.get());
    (0..100_000).for_each(update);
    assert_eq!((ALLOCATIONS.get(), HELD.get()), before);
    book.remove();
}

#[test]
fn twenty_years_take_half_a_megabyte() {
    let _alone = alone();
    let before = HELD.get();
    let book = Book::builder("days").capital(1e6).build().expect("a new name");
    (0..5_031).for_each(|number| book.at(day(number)).record_pnl("A", 1.0, PnlKind::Realized));
    // A list that grows has room for up to twice as many.
    let most = 5_031 * 112 * 2 + 65_536;
    let unread = HELD.get() - before;
    assert!((0..most).contains(&unread), "{unread} bytes before anybody read");
    assert_eq!(book.summary().days.len(), 5_030);
    let read = HELD.get() - before;
    assert!((0..most).contains(&read), "{read} bytes after somebody read");
    book.remove();
}

#[test]
fn every_book_counts_its_orders() {
    let _alone = alone();
    let books: Vec<String> = (0..255).map(|number| format!("orders {number}")).collect();
    for book in &books {
        let orders = Orders::new(book);
        for order_type in ["market", "limit", "stop"] {
            orders.intent(order_type).submitted().filled();
            orders.count(OrderEvent::Rejected("halted"), order_type, 2);
            orders.count(OrderEvent::Rejected("margin"), order_type, 3);
        }
    }
    let snapshot = perfmon::snapshot();
    for (metric, expected) in [("trading_orders_filled_total", 3), ("trading_orders_rejected_total", 15)] {
        let metric = snapshot.metric(metric).expect("counted");
        for book in &books {
            let of_book = metric.series().iter().filter(|series| series.values()[0] == *book);
            let count = of_book.map(|series| if let Value::Counter(count) = series.value() { *count } else { 0 });
            assert_eq!(count.sum::<u64>(), expected, "{} of {book}", metric.name());
        }
    }
    let fills = snapshot.get("order_fill").expect("a site");
    assert_eq!((fills.calls(), snapshot.losses().labels_refused), (765, 0));
}

#[test]
fn two_currencies_are_no_unit() {
    let _alone = alone();
    let unit = || perfmon::snapshot().metric("trading_pnl").expect("of these books").unit().to_owned();
    let build = |name, currency| Book::builder(name).currency(currency).build().expect("a new name");
    let (dollars, more) = (build("dollars", "USD"), build("more dollars", "USD"));
    assert_eq!(unit(), "USD");
    let euros = build("euros", "EUR");
    assert_eq!(unit(), "");
    euros.remove();
    assert_eq!(unit(), "USD");
    [dollars, more].iter().for_each(Book::remove);
}

#[test]
fn there_are_so_many_books_and_no_more() {
    let _alone = alone();
    let books: Vec<Book> = (0..256).map(|number| Book::builder(format!("{number}")).build().expect("free")).collect();
    let refused = Book::builder("one more").build().expect_err("too many");
    let told =
        "failed to set up the book `one more`: there are 256 already; take those out with `remove` that are done";
    assert_eq!((refused.is_invalid(), refused.to_string().as_str()), (true, told));
    books.iter().for_each(Book::remove);
    Book::builder("one more").build().expect("free again").remove();
}
