//! Crashes: some hundreds of stacks, a few of them frequent and most of them rare.

use std::cmp::Reverse;
use std::fmt::Write;
use std::ops::Range;

use fastrand::Rng;

use super::draw::{mix, percent, pick, weighted};
use super::symbols::{Function, Language, PROGRAMS, Program, function};
use super::systems::Regression;

const STACKS: u64 = 480;
/// Stacks that only a release with their regression has; one more than the largest regression's number.
const REGRESSIONS: u64 = 4;
/// How many functions of a program are ever seen in its stacks.
const FUNCTIONS: u64 = 28;
/// What a client sends at most.
const MAX_BYTES: usize = 8192;
/// More than stands above all threads, and above the frames of each.
const HEAD_BYTES: usize = 160;
const THREAD_HEAD_BYTES: usize = 32;

/// A crash that can happen again: everything but the process.
struct Stack {
    path: &'static str,
    signal: u32,
    /// Frames of each thread, the crashing one first; each a line.
    threads: Vec<String>,
    is_truncated: bool,
}

/// All stacks.
pub(super) struct Stacks {
    usual: Vec<Stack>,
    /// For each of the usual ones, how often it and those before it happen.
    cumulative: Vec<f64>,
    regressed: Vec<Stack>,
}

impl Stacks {
    pub(super) fn new(seed: u64) -> Self {
        let of_number = |number: u64| Stack::new(&mut Rng::with_seed(mix(seed, 0x57ac_0000 + number)));
        let mut sum = 0.0;
        // By the rank's inverse, as such things go.
        let cumulative = (0..STACKS).map(|rank| {
            sum += 1.0 / (rank as f64 + 2.0);
            sum
        });
        Self {
            cumulative: cumulative.collect(),
            usual: (0..STACKS).map(of_number).collect(),
            regressed: (STACKS..STACKS + REGRESSIONS).map(of_number).collect(),
        }
    }

    /// The payload of a crash; one in a release with a regression is mostly that.
    pub(super) fn payload(&self, rng: &mut Rng, regression: Option<Regression>) -> String {
        let stack = match regression {
            Some(Regression(number)) if percent(rng, 65) => self.regressed.get(number as usize),
            _ => self.usual_stack(rng),
        };
        stack.map(|stack| stack.payload(rng)).unwrap_or_default()
    }

    fn usual_stack(&self, rng: &mut Rng) -> Option<&Stack> {
        let drawn = rng.f64() * self.cumulative.last().copied().unwrap_or_default();
        let rank = self.cumulative.partition_point(|&sum| sum <= drawn);
        self.usual.get(rank).or(self.usual.last())
    }
}

impl Stack {
    fn new(rng: &mut Rng) -> Self {
        let program = pick(rng, &PROGRAMS);
        let pool = functions(&program);
        let is_truncated = percent(rng, 1);
        let signal = weighted(rng, &[(58, 11), (32, 6), (4, 8), (4, 7), (2, 4)]);
        let mut crashing =
            if is_truncated { recursion(rng, &program, &pool) } else { crashing(rng, &program, &pool, signal) };
        let others = weighted(rng, &[(35, 0), (20, 1), (20, 2), (15, 4), (10, 7)]);
        let others: Vec<String> = (0..others).map(|_| waiting(rng, &program, &pool)).collect();
        let room = MAX_BYTES.saturating_sub(bytes(&others) + THREAD_HEAD_BYTES);
        if let Some(fits) = crashing.get(..room) {
            let whole_lines = fits.rfind('\n').map_or(0, |end| end + 1);
            crashing.truncate(whole_lines);
        }
        let threads = std::iter::once(crashing).chain(others).collect();
        Self { path: program.path, signal, threads, is_truncated }
    }

    fn payload(&self, rng: &mut Rng) -> String {
        let mut text = String::with_capacity(bytes(&self.threads));
        let pid = rng.u32(400..400_000);
        text.push_str("Process: ");
        text.push_str(self.path);
        // A String takes all that is written.
        let _ = write!(text, "\nPID: {pid}\nSignal: {}\n", self.signal);
        if self.is_truncated {
            text.push_str("Too many frames. Backtrace truncated.\n");
        }
        let mut thread_id = pid;
        for thread in &self.threads {
            let _ = write!(text, "\nBacktrace (TID {thread_id}):\n");
            text.push_str(thread);
            thread_id += rng.u32(1..4);
        }
        text.push('\n');
        text
    }
}

/// A little more than a payload with these threads has.
fn bytes(threads: &[String]) -> usize {
    HEAD_BYTES + threads.iter().map(|frames| THREAD_HEAD_BYTES + frames.len()).sum::<usize>()
}

/// The functions of a program that show up in its stacks, the outermost first: the same for all of its stacks.
fn functions(program: &Program) -> Vec<Function> {
    let seed = program.path.bytes().chain(program.prefix.bytes()).fold(17, |seed, byte| mix(seed, u64::from(byte)));
    let mut rng = Rng::with_seed(seed);
    (0..FUNCTIONS).map(|_| function(&mut rng, program)).collect()
}

/// Collects the frames of a thread, the innermost first.
#[derive(Default)]
struct Frames {
    text: String,
    count: u32,
}

impl Frames {
    fn push(&mut self, name: &str, module: &str, location: &str) {
        let _ = write!(self.text, "#{} {name} - [{module}]", self.count);
        if !location.is_empty() {
            let _ = write!(self.text, " - {location}");
        }
        self.text.push('\n');
        self.count += 1;
    }

    fn libc(&mut self, name: &str, location: &str) {
        self.push(name, "libc.so.6", location);
    }

    fn without_symbol(&mut self, module: &str) {
        self.push("???", module, "");
    }

    /// A function of a program, with its line where there is debug information.
    fn own(&mut self, rng: &mut Rng, program: &Program, function: &Function) {
        if program.language == Language::Stripped || percent(rng, 4) {
            return self.without_symbol(program.library);
        }
        let name = format!("{}()", function.name);
        let location =
            if percent(rng, 60) { format!("{}:{}", function.file, rng.u32(20..2400)) } else { String::new() };
        self.push(&name, program.library, &location);
    }
}

fn crashing(rng: &mut Rng, program: &Program, pool: &[Function], signal: u32) -> String {
    let mut frames = Frames::default();
    match signal {
        6 => abort(rng, program, &mut frames),
        11 | 7 if percent(rng, 22) => memory(rng, &mut frames),
        _ => {}
    }
    for function in inner_to_outer(rng, pool, 2..15) {
        frames.own(rng, program, function);
    }
    if percent(rng, 35) {
        main_loop(rng, &mut frames);
    }
    if percent(rng, 25) {
        thread_start(&mut frames);
    } else {
        process_start(program, &mut frames);
    }
    frames.text
}

/// Some of a pool in the opposite order: callers stay callers, so that the stacks of a program resemble each other.
fn inner_to_outer<'a>(rng: &mut Rng, pool: &'a [Function], count: Range<usize>) -> Vec<&'a Function> {
    let count = rng.usize(count);
    let mut chosen = rng.choose_multiple(pool.iter().enumerate(), count);
    chosen.sort_unstable_by_key(|(number, _)| Reverse(*number));
    chosen.into_iter().map(|(_, function)| function).collect()
}

/// How a program ends itself.
fn abort(rng: &mut Rng, program: &Program, frames: &mut Frames) {
    frames.libc("__pthread_kill_implementation()", "./nptl/pthread_kill.c:44");
    frames.libc("raise()", "../sysdeps/posix/raise.c:26");
    frames.libc("abort()", "./stdlib/abort.c:79");
    match program.language {
        Language::Cpp => {
            let library = "libstdc++.so.6";
            frames.push("_ZN9__gnu_cxx27__verbose_terminate_handlerEv.cold()", library, "");
            frames.push("_ZN10__cxxabiv111__terminateEPFvvE()", library, "");
            frames.push("_ZSt9terminatev()", library, "");
            frames.push("__cxa_throw()", library, "");
        }
        Language::Rust => {
            frames.push("_ZN3std3sys3pal4unix14abort_internal17h2b1f64c9d07a83e5E()", program.library, "");
            frames.push("rust_panic()", program.library, "");
            frames.push("_ZN3std9panicking20rust_panic_with_hook17h9c40e1a7d2b85f36E()", program.library, "");
            frames.push("_ZN4core9panicking9panic_fmt17h51d0a8b3e6f97c24E()", program.library, "");
        }
        Language::C | Language::Stripped if rng.bool() => {
            frames.libc("__assert_fail_base.cold()", "./assert/assert.c:94");
            frames.libc("__assert_fail()", "./assert/assert.c:103");
        }
        Language::C | Language::Stripped => {
            frames.libc("__libc_message_impl.cold()", "../sysdeps/posix/libc_fatal.c:134");
            frames.libc("malloc_printerr()", "./malloc/malloc.c:5829");
            frames.libc("_int_free()", "./malloc/malloc.c:4664");
            frames.libc("free@@GLIBC_2.2.5()", "./malloc/malloc.c:3483");
        }
    }
}

/// A bad pointer that went into the C library.
fn memory(rng: &mut Rng, frames: &mut Frames) {
    let routines = "../sysdeps/x86_64/multiarch";
    match rng.u32(0..3) {
        0 => frames.libc("__memmove_avx_unaligned_erms()", &format!("{routines}/memmove-vec-unaligned-erms.S:317")),
        1 => frames.libc("__strlen_avx2()", &format!("{routines}/strlen-avx2.S:76")),
        _ => {
            frames.libc("malloc_consolidate()", "./malloc/malloc.c:4771");
            frames.libc("_int_malloc()", "./malloc/malloc.c:4026");
            frames.libc("malloc@@GLIBC_2.2.5()", "./malloc/malloc.c:3328");
        }
    }
}

fn main_loop(rng: &mut Rng, frames: &mut Frames) {
    let library = "libglib-2.0.so.0";
    frames.push("g_main_context_dispatch_unlocked()", library, "../glib/gmain.c:3381");
    frames.push("g_main_context_iterate_unlocked.isra.0()", library, "../glib/gmain.c:4440");
    if rng.bool() {
        frames.push("g_main_loop_run()", library, "../glib/gmain.c:4649");
    }
}

fn process_start(program: &Program, frames: &mut Frames) {
    match program.language {
        Language::Stripped => frames.without_symbol(program.path),
        _ => frames.push("main()", program.path, ""),
    }
    frames.libc("__libc_start_call_main()", "../sysdeps/nptl/libc_start_call_main.h:58");
    frames.libc("__libc_start_main@@GLIBC_2.34()", "../csu/libc-start.c:360");
    match program.language {
        Language::Stripped => frames.without_symbol(program.path),
        _ => frames.push("_start()", program.path, ""),
    }
}

fn thread_start(frames: &mut Frames) {
    frames.libc("start_thread()", "./nptl/pthread_create.c:447");
    frames.libc("__clone3()", "../sysdeps/unix/sysv/linux/x86_64/clone3.S:78");
}

/// A thread that had nothing to do with it.
fn waiting(rng: &mut Rng, program: &Program, pool: &[Function]) -> String {
    let mut frames = Frames::default();
    if rng.bool() {
        frames.libc("__futex_abstimed_wait_common()", "./nptl/futex-internal.c:103");
        frames.libc("pthread_cond_wait@@GLIBC_2.3.2()", "./nptl/pthread_cond_wait.c:627");
    } else {
        frames.libc("__poll()", "../sysdeps/unix/sysv/linux/poll.c:29");
        main_loop(rng, &mut frames);
    }
    for function in inner_to_outer(rng, pool, 1..3) {
        frames.own(rng, program, function);
    }
    thread_start(&mut frames);
    frames.text
}

/// A function that calls itself until the stack is full: more frames than a client sends.
fn recursion(rng: &mut Rng, program: &Program, pool: &[Function]) -> String {
    let mut frames = Frames::default();
    if let Some(function) = rng.choice(pool) {
        while frames.text.len() < MAX_BYTES {
            frames.push(&format!("{}()", function.name), program.library, &format!("{}:71", function.file));
        }
    }
    frames.text
}
