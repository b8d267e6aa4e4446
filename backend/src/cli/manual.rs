//! `telemetrics man` and `telemetrics completions`: what packages install beside the program.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;

/// Write the manual pages into a folder.
#[derive(Args, Debug)]
pub(super) struct Manual {
    /// The folder
    folder: PathBuf,
}

/// Print what a shell needs to complete commands and options.
#[derive(Args, Debug)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

pub(super) fn run(Manual { folder }: &Manual, command: Command) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    pages(command, folder).with_context(|| format!("cannot write into {}", folder.display()))
}

fn pages(command: Command, folder: &Path) -> std::io::Result<()> {
    clap_mangen::generate_to(command, folder)
}

pub(super) fn complete(Completions { shell }: &Completions, mut command: Command) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(*shell, &mut command, "telemetrics", &mut text);
    std::io::stdout().write_all(&text).context("cannot write to standard output")
}
