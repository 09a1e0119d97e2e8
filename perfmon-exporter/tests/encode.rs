//! What scrapers get.

#[path = "encode/fixture.rs"]
mod fixture;

use std::time::Duration;

use fixture::{shop, text};
use perfmon_exporter::encode::{Format, Profile, Scrape};

#[test]
fn print() {
    let snapshot = shop(1_000, Duration::from_secs(3_600));
    let windows = [("1m", shop(120, Duration::from_secs(60))), ("5m", shop(0, Duration::from_secs(300)))];
    let scrape = Scrape { snapshot: &snapshot, windows: &windows, slow: &[] };
    for name in Profile::shipped_names() {
        let profile = Profile::shipped(name).expect("shipped");
        std::fs::write(format!("/tmp/enc_{name}.txt"), text(&scrape, profile, Format::Text)).expect("write");
    }
    std::fs::write("/tmp/enc_om.txt", text(&scrape, Profile::canonical(), Format::OpenMetrics)).expect("write");
}
