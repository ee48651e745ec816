//! The libraries: each makes a change, merges one, and says what a document holds.

use anyhow::{Context, Result};

use crate::workload::{Scalar, field_names};

/// One library. A document is its stored snapshot; a change is what others need of one save.
pub trait Engine {
    /// Writes fields; gives the new snapshot and the change.
    fn write(&self, snapshot: Option<&[u8]>, fields: &[(String, Scalar)], actor: u32) -> Result<(Vec<u8>, Vec<u8>)>;
    /// Merges a change of another device.
    fn merge(&self, snapshot: Option<&[u8]>, change: &[u8]) -> Result<Vec<u8>>;
    /// The values of each field; more than one where the library kept concurrent ones.
    fn read(&self, snapshot: &[u8]) -> Result<Vec<Vec<String>>>;
}

/// A library by its name.
pub fn named(name: &str) -> Result<Box<dyn Engine>> {
    Ok(match name {
        "automerge" => Box::new(Automerge),
        "loro" => Box::new(Loro),
        "yrs" => Box::new(Yrs),
        other => anyhow::bail!("there is no peer '{other}'"),
    })
}

struct Automerge;

impl Engine for Automerge {
    fn write(&self, snapshot: Option<&[u8]>, fields: &[(String, Scalar)], actor: u32) -> Result<(Vec<u8>, Vec<u8>)> {
        use automerge::transaction::Transactable;
        use automerge::{ActorId, AutoCommit, ROOT, ScalarValue};
        let mut doc = snapshot.map_or_else(|| Ok(AutoCommit::new()), AutoCommit::load)?;
        doc.set_actor(ActorId::from(actor.to_be_bytes()));
        let seen = doc.get_heads();
        for (name, value) in fields {
            let value: ScalarValue = match value {
                Scalar::Whole(n) => (*n).into(),
                Scalar::Fraction(n) => (*n).into(),
                Scalar::Text(text) => text.as_str().into(),
            };
            doc.put(ROOT, name.as_str(), value)?;
        }
        let after = doc.save();
        let change = if snapshot.is_none() { after.clone() } else { doc.save_after(&seen) };
        Ok((after, change))
    }

    fn merge(&self, snapshot: Option<&[u8]>, change: &[u8]) -> Result<Vec<u8>> {
        let Some(snapshot) = snapshot else { return Ok(change.to_vec()) };
        let mut doc = automerge::AutoCommit::load(snapshot)?;
        doc.load_incremental(change)?;
        Ok(doc.save())
    }

    fn read(&self, snapshot: &[u8]) -> Result<Vec<Vec<String>>> {
        use automerge::ReadDoc;
        let doc = automerge::AutoCommit::load(snapshot)?;
        let all = |name: &String| {
            let values = doc.get_all(automerge::ROOT, name.as_str())?;
            Ok(values.iter().map(|(value, _)| value.to_string()).collect())
        };
        field_names().iter().map(all).collect()
    }
}

struct Loro;

impl Engine for Loro {
    fn write(&self, snapshot: Option<&[u8]>, fields: &[(String, Scalar)], actor: u32) -> Result<(Vec<u8>, Vec<u8>)> {
        use loro::{ExportMode, LoroDoc, LoroValue};
        let doc = LoroDoc::new();
        if let Some(snapshot) = snapshot {
            doc.import(snapshot)?;
        }
        doc.set_peer_id(actor.into())?;
        let seen = doc.oplog_vv();
        let record = doc.get_map("record");
        for (name, value) in fields {
            let value: LoroValue = match value {
                Scalar::Whole(n) => (*n).into(),
                Scalar::Fraction(n) => (*n).into(),
                Scalar::Text(text) => text.as_str().into(),
            };
            record.insert(name, value)?;
        }
        doc.commit();
        Ok((doc.export(ExportMode::Snapshot)?, doc.export(ExportMode::updates(&seen))?))
    }

    fn merge(&self, snapshot: Option<&[u8]>, change: &[u8]) -> Result<Vec<u8>> {
        let doc = loro::LoroDoc::new();
        if let Some(snapshot) = snapshot {
            doc.import(snapshot)?;
        }
        doc.import(change)?;
        Ok(doc.export(loro::ExportMode::Snapshot)?)
    }

    fn read(&self, snapshot: &[u8]) -> Result<Vec<Vec<String>>> {
        let doc = loro::LoroDoc::new();
        doc.import(snapshot)?;
        let record = doc.get_map("record");
        let one = |name: &String| {
            let value = record.get(name).context("a field")?.into_value().ok().context("a plain value")?;
            Ok(vec![format!("{value:?}")])
        };
        field_names().iter().map(one).collect()
    }
}

struct Yrs;

impl Engine for Yrs {
    fn write(&self, snapshot: Option<&[u8]>, fields: &[(String, Scalar)], actor: u32) -> Result<(Vec<u8>, Vec<u8>)> {
        use yrs::updates::decoder::Decode;
        use yrs::{Any, Doc, Map, ReadTxn, StateVector, Transact, Update};
        let doc = Doc::with_client_id(actor.into());
        let record = doc.get_or_insert_map("record");
        let mut transaction = doc.transact_mut();
        if let Some(snapshot) = snapshot {
            transaction.apply_update(Update::decode_v1(snapshot)?)?;
        }
        let seen = transaction.state_vector();
        for (name, value) in fields {
            let value = match value {
                Scalar::Whole(n) => Any::from(*n),
                Scalar::Fraction(n) => Any::from(*n),
                Scalar::Text(text) => Any::from(text.as_str()),
            };
            record.insert(&mut transaction, name.as_str(), value);
        }
        let all = transaction.encode_state_as_update_v1(&StateVector::default());
        Ok((all, transaction.encode_state_as_update_v1(&seen)))
    }

    fn merge(&self, snapshot: Option<&[u8]>, change: &[u8]) -> Result<Vec<u8>> {
        use yrs::updates::decoder::Decode;
        use yrs::{Doc, ReadTxn, StateVector, Transact, Update};
        let Some(snapshot) = snapshot else { return Ok(change.to_vec()) };
        let doc = Doc::new();
        let mut transaction = doc.transact_mut();
        transaction.apply_update(Update::decode_v1(snapshot)?)?;
        transaction.apply_update(Update::decode_v1(change)?)?;
        Ok(transaction.encode_state_as_update_v1(&StateVector::default()))
    }

    fn read(&self, snapshot: &[u8]) -> Result<Vec<Vec<String>>> {
        use yrs::updates::decoder::Decode;
        use yrs::{Doc, Map, Transact, Update};
        let doc = Doc::new();
        let record = doc.get_or_insert_map("record");
        let mut transaction = doc.transact_mut();
        transaction.apply_update(Update::decode_v1(snapshot)?)?;
        let one = |name: &String| Ok(vec![format!("{:?}", record.get(&transaction, name).context("a field")?)]);
        field_names().iter().map(one).collect()
    }
}
