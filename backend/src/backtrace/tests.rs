//! Whole payloads.

use proptest::prelude::*;

use super::*;

const CRASH: &str = "Process: /usr/bin/quill pad\nPID: 1212\nSignal: 11\nError: no module\n\nBacktrace (TID 1213):\n\
    #0 _ZN5quill5Queue5flushEv.cold() - [libquill.so.12] - queue.cpp:7\n#1 ??? - [/usr/bin/quill pad]\n\
    #2 main() - [/usr/bin/quill pad]\n\nBacktrace (TID 1214):\n#0 __poll() - [libc.so.6] - poll.c:29\n\n";
const OOPS: &str = "Crash Report:\nReason: BUG: at mm/x.c:3\nKernel Version : 6.1.2 #1 Kestrel\nTainted : G        W\n\
    Modules : a b [last unloaded: c]\nBacktrace :\nRegister RSP: Non-zero\nRegister R09: Zero\n\
    #1 ? dump_stack+0x1/0x2 - [kernel]\n#2 reed_open - [snd_reed]\n\n";

fn raw<'a>(function: &'a str, module: &'a str) -> RawFrame<'a> {
    RawFrame { function, module }
}

fn frame(function: &str, module: &str, location: Option<&str>) -> Frame {
    Frame { function: function.to_owned(), module: module.to_owned(), location: location.map(str::to_owned) }
}

#[test]
fn a_crash_is_read() {
    let pad = "/usr/bin/quill pad";
    let crashing = [
        frame("quill::Queue::flush()", "libquill.so.12", Some("queue.cpp:7")),
        frame("???", pad, None),
        frame("main()", pad, None),
    ];
    let waiting = [frame("__poll()", "libc.so.6", Some("poll.c:29"))];
    let expected = Backtrace {
        program: Some(pad.to_owned()),
        pid: Some(1212),
        signal: Some("11".to_owned()),
        errors: vec!["no module".to_owned()],
        threads: vec![
            Thread { id: Some(1213), frames: crashing.to_vec(), notes: Vec::new() },
            Thread { id: Some(1214), frames: waiting.to_vec(), notes: Vec::new() },
        ],
        ..Backtrace::default()
    };
    assert_eq!(parse(CRASH), expected);
    assert_eq!(header(CRASH), Header { program: Some(pad), signal: Some("11") });
    let first = [raw("_ZN5quill5Queue5flushEv.cold()", "libquill.so.12"), raw("???", pad), raw("main()", pad)];
    assert_eq!(crashing_thread(CRASH), first);
}

#[test]
fn an_oops_is_read() {
    let register = |name: &str, value: &str| Register { name: name.to_owned(), value: value.to_owned() };
    let frames = vec![frame("???", "kernel", None), frame("reed_open", "snd_reed", None)];
    let expected = Backtrace {
        reason: Some("BUG: at mm/x.c:3".to_owned()),
        kernel_version: Some("6.1.2 #1 Kestrel".to_owned()),
        tainted: Some("G        W".to_owned()),
        modules: Some("a b [last unloaded: c]".to_owned()),
        registers: vec![register("RSP", "Non-zero"), register("R09", "Zero")],
        threads: vec![Thread { id: None, frames, notes: Vec::new() }],
        ..Backtrace::default()
    };
    assert_eq!(parse(OOPS), expected);
    assert_eq!(header(OOPS), Header::default());
    assert_eq!(crashing_thread(OOPS), [raw("? dump_stack+0x1/0x2", "kernel"), raw("reed_open", "snd_reed")]);
}

#[test]
fn what_is_not_understood_is_kept_in_its_place() {
    let read =
        parse("who knows\nPID: x\nSignal: 6\nSignal: 7\n#0 a() - [m]\n#1 broken\n#2 b() - [m]\n\nmore\n#0 c() - [m]");
    assert_eq!(read.notes, ["who knows", "PID: x", "Signal: 7", "more"]);
    let frames = vec![frame("a()", "m", None), frame("b()", "m", None)];
    let notes = vec![Note { place: 1, text: "#1 broken".to_owned() }];
    assert_eq!(read.threads[0], Thread { id: None, frames, notes });
    assert_eq!(read.threads[1].frames, [frame("c()", "m", None)]);
    assert_eq!(read.crashing_frames(), [frame("a()", "m", None)]);
}

#[test]
fn missing_frames_are_noticed() {
    let check = |payload: &str, truncated: bool| assert_eq!(parse(payload).truncated, truncated, "{payload}");
    check("Too many frames. Backtrace truncated.\n\nBacktrace (TID 1):\n#0 a() - [m]\n", true);
    check("#0 a() - [m]\n#1 b() - [li", true);
    check("#0 a() - [m]\n#1 b() - [m]", false);
    check("#0 a() - [m]\n#1 b() - [li\n", false);
    check("", false);
}

#[test]
fn threads_without_frames_do_not_crash() {
    let read = parse("Error: none\n\nBacktrace (TID 1):\n\nBacktrace (TID 2):\nodd\n#0 a() - [m]\n");
    assert_eq!(read.threads, [Thread { id: Some(2), frames: vec![frame("a()", "m", None)], notes: Vec::new() }]);
    assert_eq!(read.notes, ["odd"]);
    assert_eq!(crashing_thread("Error: none\n\nBacktrace (TID 1):\n\n"), []);
    assert_eq!(parse("").crashing_frames(), []);
}

#[test]
fn keys_tell_stacks_apart() {
    let stacks = [
        vec![],
        vec![raw("", "")],
        vec![raw("", ""), raw("", "")],
        vec![raw("ab", "c")],
        vec![raw("a", "bc")],
        vec![raw("a", "b"), raw("c", "d")],
        vec![raw("c", "d"), raw("a", "b")],
    ];
    for (number, stack) in stacks.iter().enumerate() {
        let same = stacks.iter().filter(|other| stack_key(other) == stack_key(stack)).count();
        assert_eq!(same, 1, "{number}");
    }
    let elsewhere = CRASH.replace("queue.cpp:7", "queue.cpp:8").replace("1213", "4");
    assert_eq!(stack_key(&crashing_thread(&elsewhere)), stack_key(&crashing_thread(CRASH)));
}

/// Keys are stored: they must not change from one release to the next.
#[test]
fn a_key_stays_as_it_is() {
    let key = stack_key(&[raw("main()", "/usr/bin/a"), raw("_start()", "/usr/bin/a")]);
    assert_eq!(u128::from_be_bytes(key), 0x42fa6adb380e5b214d8a861b578ea1bb);
}

fn check_any(payload: &str) -> Result<(), TestCaseError> {
    let crashing = crashing_thread(payload);
    let read = parse(payload);
    let named: Vec<_> = read.crashing_frames().iter().map(|frame| Frame { location: None, ..frame.clone() }).collect();
    prop_assert_eq!(&named, &normalised(&crashing));
    let judged = judge::guilty(&named, &judge::NeverGuilty::default());
    prop_assert_eq!(judged.is_some(), !crashing.is_empty());
    let Header { program, signal } = header(payload);
    prop_assert!(program.is_none() || read.program.is_some());
    prop_assert!(signal.is_none() || read.signal.is_some());
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_payload(payload: String) {
        check_any(&payload)?;
    }

    #[test]
    fn any_lines_are_a_payload(lines in prop::collection::vec(
        r"#[0-9]{1,3} [a-z?()]{0,5} - \[[a-z\[\]]{0,4}\]( - [a-z\]\[ -]{0,5})?|#|#0 a|Backtrace( \(TID [0-9x]{0,30}\))? ?:|Signal: |Process:|Error:|PID: [0-9]|Register R: Z|odd||\t|Too many frames. Backtrace truncated.",
        0..20,
    )) {
        check_any(&lines.join("\n"))?;
    }

    #[test]
    fn any_change_leaves_a_payload(which: bool, place in 0..400_usize, length in 0..40_usize, text in "\\PC{0,4}|[\n #\\[\\]-]{0,6}") {
        let payload = if which { CRASH } else { OOPS };
        let place = place.min(payload.len());
        let end = (place + length).min(payload.len());
        check_any(&format!("{}{text}{}", &payload[..place], &payload[end..]))?;
    }

    #[test]
    fn frames_are_found_again(function in r"[!-Z^-~]{1,9}( - [!-Z^-~]{1,4})?", module in "[!-Z^-~]{1,9}|[a-z ]{1,9}|\\[[a-z ]{1,5}\\]", location in "[!-~]{1,9}") {
        let payload = format!("Process: x\n\n#0 {function} - [{module}] - {location}\n#1 {function} - [{module}]\n");
        prop_assert_eq!(crashing_thread(&payload), vec![raw(&function, &module); 2]);
    }
}
