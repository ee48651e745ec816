//! What is on disk after a kill, a torn write, a full disk, a damaged file, and under a program of another age.

mod captures;
mod damaged_photos;
mod disk_full;
mod earlier_data;
mod pictures;
mod strange_files;
mod syncs;
mod torn_log;
