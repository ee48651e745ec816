//! Work that takes long shows how far it is, on a terminal and nowhere else.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use shanxun_tests::programs::{program, run};

/// More than one transaction takes, so that there is something to show in between.
const RECORDS: usize = 450;

/// What a terminal shows while a subcommand runs.
fn on_a_terminal(home: &Path, words: &str) -> Result<String> {
    let call = format!("{} --home {} {words}", program("shanxun")?.display(), home.display());
    // `script` gives the program a terminal of its own.
    let shown = run(Command::new("script").args(["-qefc", &call, "/dev/null"]))?;
    Ok(String::from_utf8_lossy(&shown.stdout).into_owned())
}

#[test]
fn batch_import_and_export_show_their_progress_on_a_terminal_and_nowhere_else() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let lines =
        (0..RECORDS).map(|n| format!("{{\"new\":\"site\",\"kind\":\"bare-land\",\"set\":{{\"name\":\"甲{n}\"}}}}\n"));
    std::fs::write(file("day.jsonl"), lines.collect::<String>())?;
    let rows = (0..RECORDS).map(|n| format!("乙{n},密云镇\n"));
    std::fs::write(file("ledger.csv"), format!("名称,镇街\n{}", rows.collect::<String>()))?;

    let shown = on_a_terminal(&home, &format!("batch {}", file("day.jsonl")))?;
    assert!(shown.contains('█') && shown.contains("KiB"), "batch shows how far it is: {shown}");
    let shown = on_a_terminal(&home, &format!("import bare-land {}", file("ledger.csv")))?;
    assert!(shown.contains(&format!("/{RECORDS}")), "import shows how far it is: {shown}");
    let shown = on_a_terminal(&home, &format!("export --format csv {}", file("all.csv")))?;
    assert!(shown.contains(&format!("/{}", 2 * RECORDS)), "export shows how far it is: {shown}");

    let quiet = Command::new(program("shanxun")?)
        .args(["batch", &file("day.jsonl"), "--home"])
        .arg(&home)
        .output()
        .context("cannot start shanxun")?;
    ensure!(quiet.status.success());
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "", "nothing is drawn without a terminal");
    Ok(())
}
