//! A progress bar on standard error if that is a terminal; elsewhere nothing is drawn.

use indicatif::{ProgressBar, ProgressStyle};

const BYTES: &str = "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}";
const ITEMS: &str = "{msg} {bar:30} {pos}/{len} {eta}";

/// How far a piece of work is. It disappears with its value.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Of so many bytes.
    pub fn of_bytes(total: u64) -> Self {
        Self::new(total, BYTES)
    }

    /// Of so many records or lines.
    pub fn of_items(total: usize) -> Self {
        Self::new(total as u64, ITEMS)
    }

    fn new(total: u64, look: &str) -> Self {
        let bar = ProgressBar::new(total);
        bar.set_style(ProgressStyle::with_template(look).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }

    /// What is being done.
    pub fn say(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// So much more is done.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
    }

    /// Prints something in between; the bar steps aside for it.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
