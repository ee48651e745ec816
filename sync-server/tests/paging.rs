//! Pages: cut anywhere, they add up to everything; a scope that comes or goes is filled or cleared.

mod common;

use common::{NORTH, SOUTH, Site, initial, text};
use domain::change::DocKey;
use domain::sync::Cursors;
use domain::{DocType, Role};
use sync_server::storage::{User, write};

fn set_towns(site: &Site, name: &str, towns: Option<&[&str]>) {
    write(site.server.storage(), |tx| {
        let user = tx.user_named(name)?.expect("there");
        let towns = towns.map(|t| t.iter().map(|&t| t.to_owned()).collect());
        tx.update_user(&User { person: domain::sync::Person { towns, ..user.person }, ..user })
    })
    .expect("updated");
}

#[test]
fn pages_of_any_size_add_up_to_the_same() {
    let site = Site::new();
    let mut anna = site.device("anna", Role::Inspector, Some(&[NORTH, SOUTH]));
    for n in 0..40 {
        anna.new_site("bare-land", if n % 3 == 0 { NORTH } else { SOUTH });
    }
    anna.sync();
    for page_bytes in [0, 300, 1_500, u32::MAX] {
        let mut tablet = site.device_for("anna");
        let mut pages = 0;
        loop {
            let answer = tablet.send(&domain::sync::SyncRequest { page_bytes, ..tablet.request() }).expect("answered");
            pages += 1;
            let more = answer.page.as_ref().is_some_and(|p| p.more);
            tablet.take(&answer);
            if !more {
                break;
            }
        }
        assert_eq!(tablet.docs.len(), 40, "pages of {page_bytes} bytes");
        assert_eq!(pages == 1, page_bytes == u32::MAX);
    }
}

#[test]
fn what_changed_again_before_it_was_sent_arrives_whole_however_small_the_pages() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let mut behind = site.device_for("anna");
    let keys: Vec<DocKey> = (0..20).map(|_| anna.new_site("bare-land", NORTH)).collect();
    anna.sync();
    behind.sync();
    for field in ["address", "note"] {
        for key in keys.iter().rev() {
            anna.set(key, &[(field, text(field))]);
        }
        anna.sync();
    }
    let fresh = site.device_for("anna");
    for (mut tablet, what) in [(fresh, "a new device"), (behind, "a device that was behind")] {
        // The first page ends before records whose earlier changes lie in front of that end.
        for page_bytes in std::iter::once(300).chain(std::iter::repeat(700)) {
            let answer = tablet.send(&domain::sync::SyncRequest { page_bytes, ..tablet.request() }).expect("answered");
            tablet.take(&answer);
            if answer.page.is_none_or(|page| !page.more) {
                break;
            }
        }
        tablet.sync();
        for key in &keys {
            for field in ["town", "address", "note"] {
                assert_eq!(tablet.texts(key.id, field).len(), 1, "{field} of {} on {what}", key.id);
            }
        }
    }
}

#[test]
fn a_township_that_is_added_is_filled_and_one_that_is_taken_is_cleared() {
    let site = Site::new();
    let mut boss = site.device("boss", Role::Supervisor, None);
    let mut anna = site.inspector("anna", NORTH);
    let (north, south) = (boss.new_site("noise", NORTH), boss.new_site("noise", SOUTH));
    boss.sync();
    anna.sync();
    assert!(anna.has(north.id) && !anna.has(south.id));
    set_towns(&site, "anna", Some(&[NORTH, SOUTH]));
    anna.sync();
    assert!(anna.has(north.id) && anna.has(south.id));
    set_towns(&site, "anna", Some(&[SOUTH]));
    anna.sync();
    assert!(!anna.has(north.id) && anna.has(south.id));
    assert_eq!(anna.cursors.keys().map(String::as_str).collect::<Vec<_>>(), [&format!("-{NORTH}"), SOUTH, "u2"]);
    set_towns(&site, "anna", None);
    anna.sync();
    assert!(anna.has(north.id) && anna.has(south.id));
    set_towns(&site, "anna", Some(&[NORTH]));
    anna.sync();
    assert!(anna.has(north.id) && !anna.has(south.id));
}

#[test]
fn cursors_of_another_history_count_for_nothing() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    anna.epoch = Some([9; 16]);
    anna.docs.clear();
    anna.sync();
    assert!(anna.has(plot.id));
}

#[test]
fn own_writes_are_not_sent_back() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    anna.sync();
    let plot = anna.new_site("bare-land", NORTH);
    anna.sync();
    anna.set(&plot, &[("note", text("more"))]);
    let page = anna.send(&anna.request()).expect("answered").page.expect("a page");
    assert!(page.docs().expect("sound").is_empty());
}

#[test]
fn concurrent_townships_show_the_record_in_both() {
    let site = Site::new();
    let mut boss = site.device("boss", Role::Supervisor, None);
    let mut second = site.device_for("boss");
    let (mut north, mut south) = (site.inspector("north", NORTH), site.inspector("south", SOUTH));
    let plot = boss.new_doc(DocType::Site, "noise", &[("name", text("mill"))]);
    boss.sync();
    second.sync();
    boss.set(&plot, &[("town", text(NORTH))]);
    second.set(&plot, &[("town", text(SOUTH))]);
    boss.sync();
    second.sync();
    north.sync();
    south.sync();
    assert!(north.has(plot.id) && south.has(plot.id));
    boss.sync();
    boss.set(&plot, &[("town", text(SOUTH))]);
    boss.sync();
    north.sync();
    south.sync();
    assert!(!north.has(plot.id) && south.has(plot.id));
}

#[test]
fn parents_in_a_circle_do_no_harm() {
    let site = Site::new();
    let mut anna = site.inspector("anna", NORTH);
    let (a, b) = (anna.new_id(), anna.new_id());
    let photo = |id| DocKey { id, doc_type: DocType::Photo, kind: "-".into() };
    anna.set(&photo(a), &[("of", text(&b.to_string()))]);
    anna.set(&photo(b), &[("of", text(&a.to_string()))]);
    anna.sync();
    assert!(anna.refused.is_empty());
    let mut tablet = site.device_for("anna");
    tablet.sync();
    assert!(tablet.has(a) && tablet.has(b));
}

#[test]
fn a_supervisor_clears_what_an_inspector_may_only_ask_for() {
    let site = Site::new();
    let (mut anna, mut boss) = (site.inspector("anna", NORTH), site.device("boss", Role::Supervisor, None));
    let plot = anna.new_doc(
        DocType::Site,
        "noise",
        &[("name", text("mill")), ("town", text(NORTH)), ("state", text(initial("noise")))],
    );
    anna.set(&plot, &[("state", text("rectifying"))]);
    anna.sync();
    assert!(anna.refused.is_empty(), "{:?}", anna.refused);
    boss.sync();
    assert_eq!(boss.texts(plot.id, "state"), ["rectifying"]);
    // Both move on at the same time; both values are kept, and the list shows the more cautious.
    let refused = anna.set(&plot, &[("state", text("in-order"))]);
    anna.sync();
    assert!(matches!(anna.code_of(refused), Some("role" | "workflow")), "{:?}", anna.refused);
    assert_eq!(anna.texts(plot.id, "state"), ["rectifying"]);
    let task = boss.new_doc(DocType::Task, "-", &[("site", text(&plot.id.to_string())), ("why", text("look"))]);
    boss.sync();
    anna.sync();
    assert_eq!(anna.texts(task.id, "why"), ["look"]);
    let other = anna.set(&task, &[("why", text("no"))]);
    anna.set(&task, &[("answer", text("done so"))]);
    anna.sync();
    assert_eq!((anna.code_of(other), anna.refused.len()), (Some("role"), 2));
    boss.sync();
    assert_eq!(boss.texts(task.id, "answer"), ["done so"]);
}

#[test]
fn cursors_are_named_by_the_users_scopes() {
    let site = Site::new();
    let mut boss = site.device("boss", Role::Supervisor, None);
    boss.sync();
    assert_eq!(boss.cursors.keys().map(String::as_str).collect::<Vec<_>>(), ["*"]);
    assert_ne!(boss.cursors, Cursors::new());
}
