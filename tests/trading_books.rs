//! There are so many books and no more. In a process of its own, because others would find none free.

use perfmon::trading::Book;

#[test]
fn there_are_so_many_books_and_no_more() {
    let books: Vec<Book> = (0..256).map(|number| Book::builder(format!("{number}")).build().expect("free")).collect();
    let refused = Book::builder("one more").build().expect_err("too many");
    assert_eq!(
        refused.to_string(),
        "failed to set up the book `one more`: there are 256 already; take those out with `remove` that are done"
    );
    books[7].remove();
    assert!(Book::builder("one more").build().is_ok());
}
