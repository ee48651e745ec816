//! Search finds what is here, whether or not the full-text index has caught up.
#![allow(clippy::unwrap_used, missing_docs)] // a test that fails here has said enough

mod common;

use common::{Device, given};
use device::capture::{self, NewDoc};
use domain::DocType;

/// More than one transaction brings into the trigram index at its end, and enough for a batch of the other.
const MANY: usize = 1_100;

fn named(name: &str) -> NewDoc {
    let given = given(&[("name", name), ("town", "110118101")]);
    NewDoc { doc_type: DocType::Site, kind: "bare-land".into(), site: None, given }
}

fn create_many(device: &mut Device) -> Vec<domain::DocId> {
    let docs: Vec<NewDoc> = (0..MANY).map(|n| named(&format!("东沟料场第{n:03}号"))).collect();
    let made = capture::create_all(&mut device.home.store, &docs, &mut device.now, &mut |_| ()).unwrap();
    made.into_iter().map(Result::unwrap).collect()
}

#[test]
fn records_that_came_in_bulk_are_found_at_once_and_still_when_the_index_has_caught_up() {
    let mut device = Device::new();
    let ids = create_many(&mut device);
    let count = |device: &Device, word: &str| {
        let query = device::store::ListQuery { search: Some(word.into()), ..Default::default() };
        device.home.list(&query).unwrap().total
    };
    for word in ["场", "料场", "料 场 东沟"] {
        assert_eq!(count(&device, word), ids.len(), "{word}");
    }
    let with_42 = (0..MANY).filter(|n| format!("{n:03}").contains("42")).count();
    assert_eq!(count(&device, "42"), with_42);
    for round in 0..4 {
        assert_eq!(device.search("第042号"), ["东沟料场第042号"], "round {round}");
        assert_eq!(device.search("料场").len(), 50, "round {round}: a page of two characters");
    }
}

#[test]
fn a_new_name_replaces_the_old_one_in_every_state_of_the_index() {
    let mut device = Device::new();
    let ids = create_many(&mut device);
    device.set(ids[7], &[("name", "西坡采石坑")]).unwrap();
    for round in 0..4 {
        for word in ["采石坑", "石坑", "坑"] {
            assert_eq!(device.search(word), ["西坡采石坑"], "round {round}, {word}");
        }
        assert!(device.search("第007号").is_empty(), "round {round}");
    }
    device.set(ids[7], &[("name", "北岸停车场")]).unwrap();
    assert_eq!(device.search("停车场"), ["北岸停车场"]);
    assert!(device.search("采石坑").is_empty() && device.search("石坑").is_empty() && device.search("坑").is_empty());
}

#[test]
fn bulk_edits_of_indexed_records_are_found_by_their_new_text_only() {
    let mut device = Device::new();
    let ids = create_many(&mut device);
    for _ in 0..4 {
        device.search("料场第");
    }
    let now = &mut device.now;
    let renamed = |w: &mut device::store::Writer<'_>| {
        for (n, id) in ids.iter().enumerate() {
            capture::set(w, now, *id, &given(&[("name", &format!("西坡林地第{n:03}号"))]))?;
        }
        Ok(())
    };
    device.home.store.write(renamed).unwrap();
    for round in 0..4 {
        for word in ["东沟料场", "东沟", "沟"] {
            assert!(device.search(word).is_empty(), "round {round}, {word}");
        }
        assert_eq!(device.search("第042号"), ["西坡林地第042号"], "round {round}");
    }
}
