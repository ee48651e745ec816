//! `shanxun-demo run [FOLDER]` plays the demo and checks it; `shanxun-demo seed URL SERVER-DATA HOME` fills a server for `make run`.

use std::path::Path;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["run"] => {
            let name = format!("shanxun-demo-{}", std::process::id());
            shanxun_tests::demo::run(&std::env::temp_dir().join(name))
        }
        ["run", folder] => shanxun_tests::demo::run(Path::new(folder)),
        ["seed", url, server_data, home] => shanxun_tests::demo::seed(url, Path::new(server_data), Path::new(home)),
        _ => bail!("usage: shanxun-demo run [FOLDER] | shanxun-demo seed URL SERVER-DATA HOME"),
    }
}
