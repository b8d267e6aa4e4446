//! The guilties of crashes and oopses: of the project's own requests, and of those captured from real clients where they
//! are at hand.
#![cfg(test)]

use std::path::Path;

use captured::captured_requests;
use fixtures::{Request, files, own_requests};
use telemetrics_backend::backtrace::judge::{NeverGuilty, guilty};
use telemetrics_backend::backtrace::shipped::SHIPPED;
use telemetrics_backend::backtrace::{crashing_thread, normalised, parse};
use telemetrics_backend::ingest::record::NewRecord;
use telemetrics_backend::ingest::wire;
use telemetrics_common::classification::BACKTRACES;
use telemetrics_common::collector::{EXTERNAL_HEADER, HEADER_FORM_PATH};

#[path = "support/captured.rs"]
mod captured;
mod fixtures;

/// A captured request, its guilty when nobody is on the list, and its guilty by the shipped list: functions in modules,
/// or none.
const EXPECTED: [(&str, Option<&str>, Option<&str>); 28] = [
    ("header/crash_segv", Some("read_field() in /usr/bin/segv"), Some("read_field() in /usr/bin/segv")),
    ("header/klog_ALSA", Some("warn_on_slowpath in kernel"), Some("mtrr_trim_uncached_memory in kernel")),
    ("header/klog_kernel_null_pointer", Some("fat_detach in kernel"), Some("fat_detach in kernel")),
    ("header/klog_warn_on", Some("dump_stack in kernel"), Some("dev_watchdog in kernel")),
    ("json/crash_cxx_segv", Some(DECODE), Some(DECODE)),
    ("json/crash_no_path", Some("read_field() in /usr/bin/segv"), Some("read_field() in /usr/bin/segv")),
    ("json/crash_segv", Some("read_field() in /usr/bin/segv"), Some("read_field() in /usr/bin/segv")),
    ("json/crash_stripped", Some("__libc_start_call_main() in libc.so.6"), Some("??? in /usr/bin/stripped")),
    ("json/crash_too_many_frames", Some("descend() in /usr/bin/recurse"), Some("descend() in /usr/bin/recurse")),
    ("json/klog_ALSA", Some("warn_on_slowpath in kernel"), Some("mtrr_trim_uncached_memory in kernel")),
    ("json/klog_RTNL", Some("??? in kernel"), Some("??? in kernel")),
    ("json/klog_bad_page_map", None, None),
    ("json/klog_badness", None, None),
    ("json/klog_bug_kernel_handle", Some("??? in kernel"), Some("??? in kernel")),
    ("json/klog_bug_kernel_handle_new", Some("nv_kern_open in kernel"), Some("nv_kern_open in kernel")),
    ("json/klog_double_fault_DONE", None, None),
    ("json/klog_general_protection_fault", Some("alloc_pipe_info in kernel"), Some("alloc_pipe_info in kernel")),
    ("json/klog_kernel_bug_at", None, None),
    ("json/klog_kernel_bug_at_DONE", Some("mmput in kernel"), Some("mmput in kernel")),
    ("json/klog_kernel_null_pointer", Some("fat_detach in kernel"), Some("fat_detach in kernel")),
    ("json/klog_loglevel_notimestamp", Some("dump_stack in kernel"), Some("preempt_notifier_register in kernel")),
    ("json/klog_nologlevel_notimestamp", None, None),
    ("json/klog_soft_lockup", Some("_raw_read_lock in kernel"), Some("btrfs_tree_read_lock in kernel")),
    ("json/klog_sysctl_check1", Some("set_fail in kernel"), Some("set_fail in kernel")),
    ("json/klog_sysctl_check2", Some("??? in kernel"), Some("??? in kernel")),
    ("json/klog_two_or_three_digit_loglevel", Some("??? in kernel"), Some("??? in kernel")),
    ("json/klog_warn_on", Some("dump_stack in kernel"), Some("dev_watchdog in kernel")),
    ("json/klog_warning", Some("dump_stack in kernel"), Some("preempt_notifier_register in kernel")),
];
const DECODE: &str = "img::Decoder::decode(img::Buffer<img::Pixel, 4>&)::{lambda(img::Pixel&)#1}::operator()(img::Pixel&) \
                      const in /usr/bin/cxxsegv";

fn record(file: &Path) -> NewRecord {
    let request = Request::read(file);
    let external = request.header(EXTERNAL_HEADER).is_some();
    let record = match request.path.as_str() {
        HEADER_FORM_PATH => wire::parse_header_form(request.headers(), request.body.clone(), external),
        _ => wire::parse_json_form(&request.body, external),
    };
    record.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn shipped() -> NeverGuilty {
    NeverGuilty::new(SHIPPED.iter().map(|&(function, module)| (function.to_owned(), module.to_owned())))
}

#[track_caller]
fn check(file: &Path, never: &NeverGuilty, expected: Option<&str>) {
    let payload = record(file).payload;
    let judged = guilty(&normalised(&crashing_thread(&payload)), never);
    let text = judged.as_ref().map(|judged| format!("{} in {}", judged.pair.function, judged.pair.module));
    assert_eq!(text.as_deref(), expected, "{}", file.display());
    assert_eq!(guilty(parse(&payload).crashing_frames(), never), judged, "{}", file.display());
}

#[test]
fn crashes_have_their_guilties() {
    let (crash, oops) = (own_requests().join("header/crash.http"), own_requests().join("json/kernel_bug.http"));
    check(&crash, &NeverGuilty::default(), Some("__pthread_kill_implementation() in libc.so.6"));
    check(&crash, &shipped(), Some("tide_assert_fail() in libtide.so.2"));
    check(&oops, &NeverGuilty::default(), Some("tide_nic_rx_poll in tide_nic"));
    check(&oops, &shipped(), Some("tide_nic_rx_poll in tide_nic"));
}

#[test]
fn captured_crashes_have_their_guilties() {
    let Some(folder) = captured_requests() else { return };
    for (name, with_nobody_listed, by_shipped_list) in EXPECTED {
        let file = folder.join(format!("{name}.http"));
        check(&file, &NeverGuilty::default(), with_nobody_listed);
        check(&file, &shipped(), by_shipped_list);
    }
}

/// The table is complete: it has all captured requests with a classification that carries a backtrace.
#[test]
fn all_captured_crashes_are_in_the_table() {
    let Some(folder) = captured_requests() else { return };
    let mut found = Vec::new();
    for form in ["header", "json"] {
        for file in files(&folder.join(form)) {
            if BACKTRACES.contains(&record(&file).classification.as_str()) {
                found.push(format!("{form}/{}", file.file_stem().unwrap().display()));
            }
        }
    }
    assert_eq!(found, EXPECTED.map(|(name, ..)| name));
}

/// Nothing in them is beyond what is known about such payloads.
#[test]
fn captured_crashes_are_understood() {
    let Some(folder) = captured_requests() else { return };
    for (name, ..) in EXPECTED {
        let read = parse(&record(&folder.join(format!("{name}.http"))).payload);
        assert_eq!(read.notes, [""; 0], "{name}");
        assert!(read.threads.iter().all(|thread| thread.notes.is_empty()), "{name}");
        assert_eq!(read.program.is_some(), name.contains("crash_"), "{name}");
        assert_eq!(read.reason.is_some(), name.contains("klog_"), "{name}");
        assert_eq!(read.truncated, name.ends_with("too_many_frames"), "{name}");
    }
}
