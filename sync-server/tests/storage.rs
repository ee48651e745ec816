//! The contract of every storage: each test runs on each implementation.

mod common;

use std::collections::BTreeSet;

use common::text;
use domain::change::{DocKey, GENESIS};
use domain::clock::{Hlc, WallTime};
use domain::register::{Clock, Put};
use domain::sync::{Left, Person, RefusalCode, Stamp};
use domain::{ActorId, DocId, DocType, OpId, Role, UserId};
use sync_server::storage::sqlite::Sqlite;
use sync_server::storage::{
    Code, Device, DocHead, DocQuery, Refusal, RegisterRow, Session, StateWrite, Status, Storage, StorageError,
    StoredChange, Tx, Upload, UploadKind, User, Wait, read, write,
};

type Done = Result<(), StorageError>;

fn doc(number: u8) -> DocId {
    DocId::new(u64::from(number), [number; 10])
}

fn user(name: &str) -> User {
    let person =
        Person { id: UserId(0), name: name.into(), role: Role::Inspector, towns: Some(vec!["1".into(), "2".into()]) };
    User { person, password: None, active: true }
}

fn device(user: UserId) -> Device {
    Device {
        first_actor: ActorId(0),
        user,
        public_key: [1; 32],
        install: u64::MAX,
        label: "phone".into(),
        revoked: false,
        enrolled_at_ms: 5,
        last_seen_ms: None,
        clock_offset_ms: None,
        left: Left::default(),
    }
}

fn change(actor: ActorId, seq: u64, status: Status, pos: u64) -> StoredChange {
    let op = OpId { actor, seq };
    let stamp = Stamp { op, author: UserId(1), hlc: Hlc(u64::MAX), wall: WallTime::default(), at: None };
    StoredChange { hash: [seq as u8; 32], status, pos, stamp, received_at_ms: 9, body: vec![seq as u8] }
}

fn head(id: DocId, pos: u64) -> DocHead {
    DocHead {
        key: DocKey { id, doc_type: DocType::Site, kind: "noise".into() },
        form_version: 1,
        creator: UserId(1),
        title: "Mill".into(),
        state: "in-order".into(),
        towns: "1".into(),
        text: "mill 密云".into(),
        conflicts: 0,
        deleted: false,
        created_pos: pos,
        changed_pos: pos,
        updated_at_ms: 1,
    }
}

fn users_and_devices_come_back(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        let id = tx.add_user(&user("anna"))?;
        let known = tx.user(id)?.expect("there");
        assert_eq!((known.person.id, &known.person.towns), (id, &user("").person.towns));
        tx.update_user(&User { person: Person { towns: None, ..known.person.clone() }, ..known })?;
        assert_eq!(tx.user_named("anna")?.expect("there").person.towns, None);
        assert_ne!(tx.add_user(&user("bo"))?, id);
        let first = tx.add_device(&device(id), &[7; 32])?;
        assert!(first.0 >= 1);
        let second = tx.add_chain(first)?;
        assert!(second > first);
        let found = tx.device_by_token(&[7; 32])?.expect("there");
        assert_eq!((found.first_actor, found.install), (first, u64::MAX));
        assert_eq!(tx.device_of(second)?.expect("there").first_actor, first);
        let left = Left { records: 1, photos: 2, photo_bytes: u64::MAX };
        tx.update_device(&Device { revoked: true, left, last_seen_ms: Some(3), ..found })?;
        assert_eq!(tx.device_of(first)?.map(|d| (d.revoked, d.left)), Some((true, left)));
        tx.set_token(first, &[8; 32])?;
        assert!(tx.device_by_token(&[7; 32])?.is_none());
        let chain = tx.chain(second)?.expect("there");
        assert_eq!((chain.device, chain.head, chain.hash), (first, 0, GENESIS));
        Ok(())
    })
}

fn secrets_end(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        tx.add_code(&[1; 32], &Code { user: UserId(1), expires_at_ms: 10, used_by: None })?;
        tx.use_code(&[1; 32], ActorId(3))?;
        assert_eq!(tx.code(&[1; 32])?.and_then(|c| c.used_by), Some(ActorId(3)));
        tx.add_session(&[2; 32], &Session { user: UserId(1), expires_at_ms: 10 })?;
        assert!(tx.session(&[2; 32])?.is_some());
        tx.sweep_secrets(11)?;
        assert!(tx.code(&[1; 32])?.is_none() && tx.session(&[2; 32])?.is_none());
        Ok(())
    })
}

fn an_error_undoes_everything_a_job_wrote(storage: &dyn Storage) -> Done {
    let before = read(storage, |tx| tx.pos())?;
    let failed = write(storage, |tx| -> Done {
        tx.next_pos()?;
        tx.add_user(&user("lost"))?;
        Err(StorageError::Corrupt("on purpose".into()))
    });
    assert!(failed.is_err());
    read(storage, |tx| {
        assert!(tx.user_named("lost")?.is_none());
        assert_eq!(tx.pos()?, before);
        Ok(())
    })
}

fn changes_are_kept_in_order_and_decided_once_they_need_not_wait(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        let id = tx.add_user(&user("carl"))?;
        let actor = tx.add_device(&device(id), &[9; 32])?;
        let refused = Status::Refused(Refusal::new(RefusalCode::Scope, "不行", "no"));
        tx.add_change(&change(actor, 1, Status::Applied, 4), &[doc(1)])?;
        tx.add_change(&change(actor, 2, refused.clone(), 5), &[doc(1), doc(2)])?;
        tx.add_change(&change(actor, 3, Status::Waiting, 0), &[doc(1)])?;
        tx.set_head(actor, 3, &[3; 32])?;
        let (op, needs) = (OpId { actor, seq: 3 }, OpId { actor: ActorId(9), seq: 1 });
        tx.set_wait(Wait { op, needs })?;
        assert_eq!(tx.waits()?, [Wait { op, needs }]);
        let seqs = |changes: Vec<StoredChange>| changes.iter().map(|c| c.stamp.op.seq).collect::<Vec<_>>();
        assert_eq!(seqs(tx.changes_after(actor, 1, 10)?), [2, 3]);
        assert_eq!(seqs(tx.history(doc(1), 10)?), [1, 2, 3], "what waits comes last");
        assert_eq!(seqs(tx.history(doc(2), 10)?), [2]);
        assert_eq!(seqs(tx.refused_after(actor, 1, 9, 10)?), [2], "numbered after");
        assert_eq!(seqs(tx.refused_after(actor, 2, 4, 10)?), [2], "decided after");
        assert!(tx.refused_after(actor, 2, 5, 10)?.is_empty());
        tx.end_wait(op)?;
        tx.decide(op, &Status::Applied, 6)?;
        assert_eq!(tx.change(op)?.map(|c| (c.status, c.pos)), Some((Status::Applied, 6)));
        assert_eq!(tx.change(OpId { actor, seq: 2 })?.map(|c| c.status), Some(refused));
        assert_eq!(tx.stamp(op)?.map(|s| s.hlc), Some(Hlc(u64::MAX)));
        assert_eq!(tx.change_hash(OpId { actor, seq: 9 })?, None);
        tx.mark_restored()?;
        assert_eq!(tx.chain(actor)?.map(|c| (c.head, c.restored)), Some((3, 3)));
        Ok(())
    })
}

fn registers_and_state_writes_come_back(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        let op = OpId { actor: ActorId(1), seq: 7 };
        let clock = Clock::default().with(op).with(OpId { actor: ActorId(2), seq: 3 });
        let put = Put { op, hlc: Hlc(u64::MAX), clock: clock.clone(), value: text("密云") };
        let row = RegisterRow { path: "name".into(), put, pos: 3 };
        tx.set_registers(doc(1), std::slice::from_ref(&row))?;
        tx.set_registers(doc(1), std::slice::from_ref(&row))?;
        assert_eq!(tx.registers(doc(1))?, [row]);
        tx.set_registers(doc(1), &[])?;
        assert!(tx.registers(doc(1))?.is_empty());
        let state = StateWrite { op, state: "draft".into(), clock };
        tx.add_state_write(doc(1), &state)?;
        assert_eq!(tx.state_writes(doc(1))?, [state]);
        Ok(())
    })
}

fn scopes(tx: &dyn Tx, id: DocId, scopes: &[&str], pos: u64) -> Done {
    let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
    tx.set_scopes(id, &scopes, pos)
}

fn a_document_leaves_and_enters_scopes(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        tx.set_doc(&head(doc(1), 1))?;
        scopes(tx, doc(1), &["a", "b"], 1)?;
        scopes(tx, doc(1), &["b", "c"], 2)?;
        assert_eq!(tx.scopes(doc(1))?, ["b", "c"]);
        let row = |scope| tx.changed(Some(scope), 0, 10).map(|rows| (rows[0].changed, rows[0].entered, rows[0].gone));
        assert_eq!((row("a")?, row("b")?, row("c")?), ((2, 1, true), (2, 1, false), (2, 2, false)));
        scopes(tx, doc(1), &["a"], 3)?;
        assert_eq!(row("a")?, (3, 3, false), "entered again");
        tx.touch(doc(1), 4)?;
        assert_eq!(row("a")?, (4, 3, false));
        assert_eq!(row("b")?, (3, 1, true), "what left is not touched");
        assert!(tx.changed(Some("a"), 4, 10)?.is_empty());
        assert_eq!(tx.changed(None, 3, 10)?.len(), 1, "the whole ledger");
        assert_eq!(tx.ever_in(Some("b"), None, 10)?, [doc(1)]);
        assert!(tx.ever_in(Some("b"), Some(doc(1)), 10)?.is_empty());
        tx.set_parents(doc(2), &[doc(1), doc(3)])?;
        tx.set_parents(doc(2), &[doc(1)])?;
        assert_eq!((tx.children(doc(1), 10)?, tx.children(doc(3), 10)?), (vec![doc(2)], vec![]));
        Ok(())
    })
}

fn lists_are_filtered_and_counted(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        for number in 1..=3 {
            tx.set_doc(&head(doc(number), u64::from(number)))?;
            scopes(tx, doc(number), &[if number == 3 { "b" } else { "a" }], u64::from(number))?;
        }
        tx.set_doc(&DocHead { deleted: true, ..head(doc(4), 4) })?;
        let all = DocQuery { limit: 10, ..DocQuery::default() };
        let ids = |query: &DocQuery| -> Result<(Vec<DocId>, u64), StorageError> {
            let (heads, total) = tx.find_docs(query)?;
            Ok((heads.iter().map(|h| h.key.id).collect(), total))
        };
        assert_eq!(ids(&all)?, (vec![doc(3), doc(2), doc(1)], 3), "last changed first, no deleted ones");
        assert_eq!(ids(&DocQuery { limit: 1, offset: 1, ..all.clone() })?, (vec![doc(2)], 3));
        assert_eq!(ids(&DocQuery { scopes: Some(vec!["a".into()]), ..all.clone() })?.1, 2);
        assert_eq!(ids(&DocQuery { scopes: Some(vec![]), ..all.clone() })?.1, 0);
        assert_eq!(ids(&DocQuery { search: Some("MILL 密".into()), ..all.clone() })?.1, 3);
        assert_eq!(ids(&DocQuery { search: Some("%".into()), ..all.clone() })?.1, 0);
        assert_eq!(ids(&DocQuery { town: Some("1".into()), state: Some("in-order".into()), ..all.clone() })?.1, 3);
        assert_eq!(ids(&DocQuery { doc_type: Some(DocType::Task), ..all.clone() })?.1, 0);
        assert_eq!(ids(&DocQuery { kind: Some("voc".into()), ..all })?.1, 0);
        assert_eq!(tx.docs_after(Some(doc(3)), 10)?, [doc(4)]);
        Ok(())
    })
}

fn a_photo_is_held_only_for_what_its_record_names(storage: &dyn Storage) -> Done {
    write(storage, |tx| -> Done {
        tx.set_held(doc(1), &[1; 32], UploadKind::Original)?;
        assert!(!tx.is_held(doc(1), UploadKind::Original)?);
        tx.set_named(doc(1), &[[1; 32]])?;
        assert!(tx.is_held(doc(1), UploadKind::Original)? && !tx.is_held(doc(1), UploadKind::Thumbnail)?);
        assert_eq!((tx.naming(&[1; 32])?, tx.holders(&[1; 32], UploadKind::Original)?), (vec![doc(1)], vec![doc(1)]));
        tx.set_named(doc(1), &[[2; 32]])?;
        assert!(!tx.is_held(doc(1), UploadKind::Original)?);
        tx.add_blob(&[1; 32], 5, "image/png")?;
        assert_eq!(tx.blob(&[1; 32])?, Some((5, "image/png".into())));
        let upload = Upload {
            id: "x".into(),
            user: UserId(1),
            doc: doc(1),
            kind: UploadKind::Thumbnail,
            sha256: [3; 32],
            length: 9,
            mime: "image/jpeg".into(),
            done: false,
            expires_at_ms: 50,
        };
        tx.add_upload(&upload)?;
        assert_eq!((tx.upload("x")?, tx.open_uploads(UserId(1))?), (Some(upload), 1));
        tx.finish_upload("x")?;
        assert_eq!((tx.open_uploads(UserId(1))?, tx.expired_uploads(50)?.len()), (0, 0));
        assert_eq!(tx.expired_uploads(51)?, ["x"]);
        tx.remove_upload("x")?;
        assert_eq!(tx.upload("x")?, None);
        Ok(())
    })
}

fn positions_grow_and_metas_stay(storage: &dyn Storage) -> Done {
    let given: Vec<u64> = write(storage, |tx| (0..3).map(|_| tx.next_pos()).collect::<Result<_, StorageError>>())?;
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 3);
    assert!(given.is_sorted());
    write(storage, |tx| tx.set_meta("name", b"one"))?;
    write(storage, |tx| tx.set_meta("name", b"two"))?;
    assert_eq!(read(storage, |tx| tx.meta("name"))?.as_deref(), Some(b"two".as_slice()));
    Ok(())
}

fn a_copy_has_everything(storage: &dyn Storage) -> Done {
    write(storage, |tx| tx.add_user(&user("copied")))?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("copy.db");
    storage.copy_to(&file)?;
    let copy = Sqlite::open(&file)?;
    assert!(read(&copy, |tx| tx.user_named("copied"))?.is_some());
    Ok(())
}

macro_rules! contract {
    ($open:expr; $($test:ident),* $(,)?) => {
        $(#[test]
        fn $test() {
            let (storage, _folder) = $open;
            super::$test(&storage).expect("the contract holds");
        })*
    };
}

macro_rules! storages {
    ($($name:ident => $open:expr),*) => {
        $(mod $name {
            use super::*;
            contract!($open;
                users_and_devices_come_back,
                secrets_end,
                an_error_undoes_everything_a_job_wrote,
                changes_are_kept_in_order_and_decided_once_they_need_not_wait,
                registers_and_state_writes_come_back,
                a_document_leaves_and_enters_scopes,
                lists_are_filtered_and_counted,
                a_photo_is_held_only_for_what_its_record_names,
                positions_grow_and_metas_stay,
                a_copy_has_everything,
            );
        })*
    };
}

fn on_disk() -> (Sqlite, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Sqlite::open(&folder.path().join("server.db")).expect("opens"), folder)
}

storages!(
    sqlite_in_memory => (Sqlite::in_memory().expect("opens"), ()),
    sqlite_on_disk => on_disk()
);

#[test]
fn a_file_of_a_later_version_is_refused_unless_it_says_that_it_may_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("server.db");
    drop(Sqlite::open(&file).expect("opens"));
    let later = rusqlite::Connection::open(&file).expect("opens");
    later.execute_batch("PRAGMA user_version = 2").expect("set");
    drop(Sqlite::open(&file).expect("min_reader is still 1"));
    later.execute("UPDATE meta SET value = x'00000002' WHERE name = 'min_reader'", []).expect("set");
    assert!(matches!(Sqlite::open(&file), Err(StorageError::Newer { needs: 2, here: 1 })));
}

#[test]
fn another_process_sees_what_was_committed_and_may_write() {
    let (storage, folder) = on_disk();
    let other = Sqlite::open(&folder.path().join("server.db")).expect("opens");
    write(&storage, |tx| tx.add_user(&user("anna"))).expect("written");
    write(&other, |tx| tx.add_user(&user("bo"))).expect("written");
    assert_eq!(read(&storage, |tx| tx.users()).expect("read").len(), 2);
}
