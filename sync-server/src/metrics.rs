//! What the server counts, in the text form that Prometheus reads.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: AtomicU64,
    failed: AtomicU64,
    changes: AtomicU64,
    refused: AtomicU64,
    pages: AtomicU64,
    page_writes: AtomicU64,
    uploads: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl Metrics {
    pub(crate) fn answered(&self, status: u16) {
        add(&self.requests, 1);
        add(&self.failed, u64::from(status >= 500));
    }

    pub(crate) fn took(&self, stored: u64, refused: u64) {
        add(&self.changes, stored);
        add(&self.refused, refused);
    }

    pub(crate) fn gave(&self, writes: usize) {
        add(&self.pages, 1);
        add(&self.page_writes, writes as u64);
    }

    pub(crate) fn uploaded(&self) {
        add(&self.uploads, 1);
    }

    pub(crate) fn received(&self, bytes: u64) {
        add(&self.bytes_in, bytes);
    }

    pub(crate) fn sent(&self, bytes: u64) {
        add(&self.bytes_out, bytes);
    }

    /// All counters, and the given gauges.
    #[must_use]
    pub fn text(&self, waiting: u64, documents: u64) -> String {
        let counters = [
            ("requests", "Requests answered.", &self.requests),
            ("requests_failed", "Requests answered with a fault of the server.", &self.failed),
            ("sync_changes", "Changes stored.", &self.changes),
            ("sync_refused", "Changes refused.", &self.refused),
            ("sync_pages", "Pages of merged state sent.", &self.pages),
            ("sync_page_changes", "Changes named in those pages.", &self.page_writes),
            ("uploads", "Uploads completed.", &self.uploads),
            ("received_bytes", "Bytes of sync bodies and photos received.", &self.bytes_in),
            ("sent_bytes", "Bytes of sync bodies and photos sent.", &self.bytes_out),
        ];
        let mut out = String::new();
        for (name, help, counter) in counters {
            let value = counter.load(Ordering::Relaxed);
            let name = format!("shanxun_{name}_total");
            // Writing to a String cannot fail.
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
        }
        for (name, help, value) in [
            ("shanxun_changes_waiting", "Changes that wait for another.", waiting),
            ("shanxun_documents", "Documents.", documents),
        ] {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        }
        out
    }
}
