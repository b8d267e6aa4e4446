//! Payloads of crashes: frames, names and the guilty.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetrics_backend::backtrace::judge::{NeverGuilty, guilty};
use telemetrics_backend::backtrace::{crashing_thread, normalised, stack_key};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let frames = crashing_thread(&text);
    let shown = normalised(&frames);
    assert_eq!(shown.len(), frames.len());
    assert_eq!(stack_key(&frames), stack_key(&crashing_thread(&text)));
    let never = NeverGuilty::new([("__libc_*".to_owned(), "*".to_owned())].into_iter());
    assert_eq!(guilty(&shown, &never).is_some(), !shown.is_empty());
});
