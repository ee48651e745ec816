//! The TypeScript types of the boundary. `SHANXUN_WRITE_TYPES=1 cargo test -p shanxun-app` writes them; otherwise the test
//! compares, so that the screens never drift from the commands.

use std::fmt::Write;
use std::path::PathBuf;

use ts_rs::{Config, TS};

use crate::error::ApiError;
use crate::view::*;

fn generated() -> String {
    let config = Config::default();
    let mut out = "// Generated from src-tauri/src/view.rs: `make types`. Do not edit.\n".to_owned();
    let mut add =
        |declaration: String| writeln!(out, "\nexport {}", tidy(&declaration)).expect("a string takes any text");
    macro_rules! declare {
        ($($name:ty),* $(,)?) => { $(add(<$name>::decl(&config));)* };
    }
    declare!(
        Label,
        Custody,
        State,
        Fact,
        NearBy,
        LedgerQuery,
        LedgerRow,
        LedgerPage,
        KindCount,
        Counts,
        Rival,
        Judgement,
        Field,
        Group,
        Section,
        Photo,
        Record,
        About,
        ApiError,
        Typed,
        Problem,
        Remark,
        Correction,
        Choice,
        FormField,
        FormRow,
        CheckItem,
        CheckPart,
        FormItem,
        FormSection,
        MoveOption,
        Lacking,
        Rejected,
        Named,
        FormState,
        Copied,
        AddedRow,
        SignatureInput,
        LeaveLine,
        LeaveList,
        NoiseSeries,
        Card,
        Where,
        CustodyCard,
        Today,
        Visit,
        SitePage,
        HistoryLine,
        WroteLine,
        PhotoInfo,
        Shot,
        AddedPhoto,
        Fix,
        Average,
        PositionState,
        DeviceFix,
        UsePosition,
        WalkPoint,
        Walk,
        MapQuery,
        MapSite,
        MapPage,
        BaseMap,
        SyncState,
        Refusal,
        ConflictValue,
        Conflict,
        Decision,
        Start,
        AppSettings,
        EnrolCode,
        Enrolment,
        Storage,
        Written,
        HomeFault,
    );
    out
}

/// One line a member, its comment above it.
fn tidy(declaration: &str) -> String {
    let lines = declaration.replace(" \n/**\n * ", "\n  /** ").replace("\n */\n", " */\n  ");
    lines.strip_suffix(", };").map_or(lines.clone(), |members| format!("{members}\n}}"))
}

#[test]
fn the_screens_know_the_types_of_the_commands() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ui/field/src/api/types.ts");
    if std::env::var_os("SHANXUN_WRITE_TYPES").is_some() {
        std::fs::write(&path, generated()).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the file is there");
    assert_eq!(committed, generated(), "types.ts is out of date: run `make types`");
}
