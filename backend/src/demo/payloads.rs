//! The short payloads: heartbeats, hellos, the updater's, and what other programs send.
//!
//! All payloads of the fleet have the form that the client's probes give them: an empty line ends each.

use fastrand::Rng;

use super::draw::{percent, pick, weighted};
use super::kinds::Kind;
use super::symbols;

const LOCALES: [(u32, &str); 6] =
    [(50, "C.UTF-8"), (30, "en_US.UTF-8"), (8, "de_DE.UTF-8"), (5, "ja_JP.UTF-8"), (4, "pt_BR.UTF-8"), (3, "C")];
const BUNDLES: [&str; 20] = [
    "bootloader",
    "containers-basic",
    "curl",
    "desktop-autostart",
    "editors",
    "git",
    "go-basic",
    "kernel-native",
    "kvm-host",
    "network-basic",
    "nodejs-basic",
    "openssh-server",
    "os-core",
    "os-core-update",
    "perl-basic",
    "python3-basic",
    "rust-basic",
    "storage-utils",
    "sysadmin-basic",
    "telemetrics",
];
const UPDATER: &str = "PACKAGE_NAME=swupd-client\nPACKAGE_VERSION=5.1.0\n";

/// The payload of a kind that has no module of its own, from a machine with a build and one before.
pub(super) fn other(rng: &mut Rng, kind: Kind, build: &str, before: &str) -> String {
    match kind {
        Kind::Hello => hello(rng),
        Kind::Update => update(rng, before, build),
        Kind::BundleAdd => bundle_add(rng, build),
        Kind::Verify => verify(rng, build),
        Kind::CrashUnknown => "Crash from third party\n\n".to_owned(),
        Kind::CrashError => crash_error(rng),
        Kind::Application => application(rng),
        _ => heartbeat(rng),
    }
}

fn heartbeat(rng: &mut Rng) -> String {
    if percent(rng, 80) { "hello\n\n".to_owned() } else { format!("{}\n", greeting(rng)) }
}

/// As the probe writes it when it is asked for locale and uptime.
fn greeting(rng: &mut Rng) -> String {
    let (locale, uptime) = (weighted(rng, &LOCALES), rng.u32(60..4_000_000));
    format!("hello\nLC_ALL: {locale}\nuptime: {uptime}\n")
}

fn hello(rng: &mut Rng) -> String {
    let mut text = greeting(rng);
    let chosen: Vec<_> = BUNDLES.into_iter().filter(|_| percent(rng, 60)).collect();
    text.push_str(&format!("\nBundles ({}):\n", chosen.len()));
    for bundle in chosen {
        text.push_str(bundle);
        text.push('\n');
    }
    text.push('\n');
    text
}

fn update(rng: &mut Rng, from: &str, to: &str) -> String {
    let (to, result, seconds, bytes) = match rng.u32(0..100) {
        // The server's version could not be read.
        0..4 => ("-1", pick(rng, &[4, 22]), rng.f64(), 0),
        4..9 => (to, pick(rng, &[8, 13, 18, 28]), 1.0 + 90.0 * rng.f64(), rng.u32(0..40_000_000)),
        _ => (to, 0, 4.0 + 80.0 * rng.f64(), rng.u32(900_000..90_000_000)),
    };
    format!(
        "{UPDATER}current_version={from}\nserver_version={to}\nresult={result}\ntime={seconds:5.1}\nbytes={bytes}\n\n"
    )
}

fn bundle_add(rng: &mut Rng, build: &str) -> String {
    let (first, second) = (pick(rng, &BUNDLES), pick(rng, &BUNDLES));
    let bundles = if percent(rng, 30) { format!("{first}, {second}") } else { first.to_owned() };
    let result = if percent(rng, 6) { pick(rng, &[6, 18]) } else { 0 };
    let bytes = rng.u32(50_000..300_000_000);
    format!("{UPDATER}bundles={bundles}\ncurrent_version={build}\nresult={result}\nbytes={bytes}\n\n")
}

fn verify(rng: &mut Rng, build: &str) -> String {
    let missing = if percent(rng, 70) { 0 } else { rng.u32(1..40) };
    let mismatch = if percent(rng, 60) { 0 } else { rng.u32(1..12) };
    let fixed = missing + mismatch;
    let bytes = fixed * 27_307;
    format!(
        "current_version={build}\nfile_replaced_count=0\nfile_not_replaced_count=0\nfile_missing_count={missing}\n\
         file_fixed_count={fixed}\nfile_not_fixed_count=0\nfile_deleted_count=0\nfile_not_deleted_count=0\n\
         file_mismatch_count={mismatch}\nfile_extraneous_count=0\nbytes={bytes}\n\n"
    )
}

fn crash_error(rng: &mut Rng) -> String {
    let (program, pid) = (pick(rng, &symbols::PROGRAMS).path, rng.u32(300..60_000));
    let error = pick(rng, &["Failed to attach core to dwfl", "Failed to find module for current frame"]);
    format!("Process: {program}\nPID: {pid}\nSignal: 11\nError: {error}\n\nBacktrace (TID {pid}):\n\n")
}

fn application(rng: &mut Rng) -> String {
    let reason = pick(rng, &["lost its broker", "configuration changed", "watchdog", "memory limit reached"]);
    let (uptime, queued) = (rng.u32(30..900_000), rng.u32(0..800));
    format!("agent: restarted\nreason: {reason}\nuptime_s: {uptime}\nqueued: {queued}\nretries: {}\n\n", queued % 7)
}
