//! `rescue`: everything of a home in one encrypted file, and back.

use std::path::Path;
use std::process::ExitCode;

use device::rescue as archive;
use device::{Error, Result};

use crate::args;
use crate::output::Out;

/// Where scripts give the passphrase.
const PASSPHRASE: &str = "SHANXUN_RESCUE_PASSPHRASE";

/// `rescue`.
pub fn rescue(home: &Path, args: &args::Rescue, out: &Out) -> Result<ExitCode> {
    let passphrase = passphrase(out, args.into.is_none())?;
    let rescued = match &args.into {
        None => archive::pack(home, &args.file, &passphrase)?,
        Some(into) => archive::unpack(&args.file, into, &passphrase)?,
    };
    let written = args.into.as_ref().unwrap_or(&args.file).display();
    out.result(&rescued, || match out.zh {
        true => format!("{written}：{} 个文件，{} 字节", rescued.files, rescued.bytes),
        false => format!("{written}: {} files, {} bytes", rescued.files, rescued.bytes),
    })
}

/// A new passphrase is asked for twice: an archive whose passphrase was mistyped is lost.
fn passphrase(out: &Out, new: bool) -> Result<String> {
    if let Some(given) = std::env::var(PASSPHRASE).ok().filter(|p| !p.is_empty()) {
        return Ok(given);
    }
    let first = ask(out.say("档案口令：", "Passphrase of the archive: "))?;
    if new && ask(out.say("再输入一次：", "Once more: "))? != first {
        return Err(Error::request("passphrases-differ", "两次输入不同", "the two passphrases differ"));
    }
    Ok(first)
}

fn ask(prompt: &str) -> Result<String> {
    rpassword::prompt_password(prompt).map_err(|e| {
        let zh = format!("无法询问口令（{e}）；请设置环境变量 {PASSPHRASE}");
        Error::request("no-passphrase", zh, format!("cannot ask for the passphrase ({e}); set {PASSPHRASE}"))
    })
}
