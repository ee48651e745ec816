//! A day's work over a link with delay, jitter and resets in the middle of bodies. (`make weak-link` does it in network
//! namespaces, with loss and a rate.)

use std::time::Duration;

use anyhow::Result;
use shanxun_tests::weak_link::Day;
use shanxun_tests::{Link, Weather};

#[test]
fn a_day_arrives_over_a_link_that_is_reset_again_and_again() -> Result<()> {
    let seed = 5;
    println!("seed {seed}");
    let folder = tempfile::tempdir()?;
    let day = Day::work(folder.path(), 60, 60, seed)?;
    let weather = Weather {
        seed,
        delay: Duration::from_millis(2),
        jitter: Duration::from_millis(8),
        reset_after_bytes: 20_000..120_000,
        resets_max: 20,
    };
    let link = Link::to(day.server.port(), weather)?;
    day.enrol(&link.url())?;
    let synced = day.sync_until_done()?;
    let passed = link.passed();
    println!("{} calls of sync, {} resets, {} requests", synced.calls, passed.resets, passed.requests.len());
    println!("{} bytes of photos, {} passed", day.photo_bytes, passed.photo_bytes());
    assert!(passed.resets >= 8, "the link broke {} times only", passed.resets);
    assert_eq!(synced.calls, 1, "a link that comes back at once needs no second call");
    day.judge(&passed, passed.resets)
}
