//! The name of a function from the symbol that compilers and linkers made of it.
//!
//! Symbols come from anywhere, and demanglers repeat parts of them: length, depth and what comes out are bounded, and a
//! symbol beyond the bounds stays as it is.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::panic;

use cpp_demangle::{DemangleOptions, ParseOptions, Symbol};

use super::{Frame, RawFrame};

/// The name of every function without a symbol.
pub const WITHOUT_SYMBOL: &str = "???";

/// The longest symbol that is demangled, in bytes. Of 180,000 symbols of a Linux system's libraries the longest has 604.
const MAX_SYMBOL: usize = 2048;
/// The longest name of a function or module, in bytes; what is longer is cut.
pub const MAX_NAME: usize = 4096;
/// How deep the parser for C++ goes. Its time can double with each level in which it tries a second reading: with this
/// depth that is under a millisecond, and all but 1 in 400 of those symbols are demangled.
const MAX_DEPTH: u32 = 46;
/// How many symbols of one backtrace are demangled. The client sends 64 frames a thread and 8 KiB in all.
const MAX_SYMBOLS: usize = 256;

/// What compilers put behind a dot and before a number for copies and parts of functions.
const NUMBERED: [&str; 9] = ["cold", "isra", "constprop", "part", "lto_priv", "localalias", "clone", "llvm", "__uniq"];
/// What they also put there without a number.
const UNNUMBERED: [&str; 2] = ["cold", "localalias"];

/// The function's name: demangled where it is C++ or Rust, without versions, suffixes and offsets.
///
/// A plain name keeps the `()` that it has, and so does a demangled one that brings no parameters.
///
/// ```
/// use telemetrics_backend::backtrace::normalise;
///
/// assert_eq!(normalise("_ZN3img7Decoder6decodeEv()"), "img::Decoder::decode()");
/// assert_eq!(normalise("__libc_start_main@@GLIBC_2.34()"), "__libc_start_main()");
/// assert_eq!(normalise("do_ipv6_setsockopt.isra.6"), "do_ipv6_setsockopt");
/// assert_eq!(normalise("? vsnprintf"), "???");
/// ```
pub fn normalise(function: &str) -> String {
    Names::default().of(function)
}

/// The names of backtraces' functions, each found once.
#[derive(Debug, Default)]
pub struct Names<'a> {
    known: HashMap<&'a str, String>,
    /// How many symbols of this backtrace have been demangled, or could not be.
    demangled: usize,
}

impl<'a> Names<'a> {
    /// Lets a further backtrace have as many names of its own as any.
    pub(super) fn begin(&mut self) {
        self.demangled = 0;
    }

    /// A frame with its function's name.
    pub(super) fn frame(&mut self, raw: RawFrame<'a>, location: Option<&str>) -> Frame {
        let location = location.map(str::to_owned);
        Frame { function: cut(self.of(raw.function)), module: cut(raw.module.to_owned()), location }
    }

    fn of(&mut self, function: &'a str) -> String {
        if is_without_symbol(function) {
            return WITHOUT_SYMBOL.to_owned();
        }
        let function = without_offset(function);
        let (symbol, call) = function.strip_suffix("()").map_or((function, ""), |symbol| (symbol, "()"));
        let symbol = without_suffixes(without_version(without_offset(symbol)));
        if !is_mangled(symbol) {
            return format!("{symbol}{call}");
        }
        if let Some(name) = self.known.get(function) {
            return name.clone();
        }
        if self.demangled == MAX_SYMBOLS {
            return format!("{symbol}{call}");
        }
        self.demangled += 1;
        // Demanglers are large parsers; the symbols come from anywhere, and the one who asks is the writer of all records.
        let name = panic::catch_unwind(|| demangled(symbol, call)).ok().flatten();
        let name = name.unwrap_or_else(|| format!("{symbol}{call}"));
        self.known.insert(function, name.clone());
        name
    }
}

fn cut(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_NAME));
    name
}

/// `???`, or a name that begins with `? `: the kernel found it on the stack, but it need not have been called.
fn is_without_symbol(function: &str) -> bool {
    function.starts_with("? ") || function.bytes().all(|byte| byte == b'?')
}

/// Without the kernel's `+0x12/0x34`, or its first half.
fn without_offset(name: &str) -> &str {
    let without_length = without_hexadecimal(name).and_then(|text| text.strip_suffix('/')).unwrap_or(name);
    let offset = without_hexadecimal(without_length).and_then(|text| text.strip_suffix('+'));
    offset.filter(|text| !text.is_empty()).unwrap_or(name)
}

fn without_hexadecimal(text: &str) -> Option<&str> {
    text.trim_end_matches(|char: char| char.is_ascii_hexdigit()).strip_suffix("0x")
}

/// Without a linker's version: `@@GLIBC_2.34`, `@GLIBC_2.2.5`, `@plt`.
fn without_version(symbol: &str) -> &str {
    let is_version = |version: &str| {
        version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'.' | b'_' | b'-' | b'+'))
    };
    match symbol.split_once('@') {
        Some((name, version)) if !name.is_empty() && is_version(version) => name,
        _ => symbol,
    }
}

/// Without all of a compiler's suffixes: `.isra.0.cold`.
fn without_suffixes(mut symbol: &str) -> &str {
    while let Some(name) = without_suffix(symbol) {
        symbol = name;
    }
    symbol
}

fn without_suffix(symbol: &str) -> Option<&str> {
    let (stem, last) = symbol.rsplit_once('.')?;
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let (name, word, words) = if is_number {
        let (name, word) = stem.rsplit_once('.')?;
        (name, word, NUMBERED.as_slice())
    } else {
        (stem, last, UNNUMBERED.as_slice())
    };
    (words.contains(&word) && !name.is_empty()).then_some(name)
}

fn is_mangled(symbol: &str) -> bool {
    symbol.len() <= MAX_SYMBOL && (symbol.starts_with("_Z") || symbol.starts_with("_R"))
}

fn demangled(symbol: &str, call: &str) -> Option<String> {
    if symbol.starts_with("_R") || is_older_rust(symbol) {
        return Some(rust(symbol)? + call);
    }
    let (thunk, symbol) = split_thunk(symbol);
    let name = match thunk {
        "" => cpp(symbol)?,
        _ => format!("{thunk}{}", cpp(&format!("_Z{symbol}"))?),
    };
    Some(if has_parameters(&name) { name } else { name + call })
}

/// Whether a symbol has Rust's older mangling: as C++, with a hash as its last part.
fn is_older_rust(symbol: &str) -> bool {
    let parts = symbol.strip_prefix("_ZN").and_then(|parts| parts.strip_suffix('E')).unwrap_or_default();
    let hash = parts.len().checked_sub("17h0123456789abcdef".len()).and_then(|start| parts.get(start..));
    hash.and_then(|hash| hash.strip_prefix("17h")).is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Without hashes.
fn rust(symbol: &str) -> Option<String> {
    let mut name = Bounded::default();
    write!(name, "{:#}", rustc_demangle::try_demangle(symbol).ok()?).ok()?;
    Some(name.0)
}

fn cpp(symbol: &str) -> Option<String> {
    // A conversion to a template parameter that has arguments is read twice, and so is all that is nested in it.
    if symbol.matches("cvT").nth(1).is_some() {
        return None;
    }
    let options = ParseOptions::default().recursion_limit(MAX_DEPTH);
    let symbol = Symbol::new_with_options(symbol.as_bytes(), &options).ok()?;
    let mut name = Bounded::default();
    symbol.structured_demangle(&mut name, &DemangleOptions::default()).ok()?;
    Some(name.0)
}

/// Splits off what makes a symbol a thunk, in the words of binutils; what is left has no `_Z`.
/// <https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling-special-vtables>
fn split_thunk(symbol: &str) -> (&'static str, &str) {
    if let Some(target) = symbol.strip_prefix("_ZTh").and_then(without_decimal) {
        return ("non-virtual thunk to ", target);
    }
    if let Some(target) = symbol.strip_prefix("_ZTv").and_then(without_decimal).and_then(without_decimal) {
        return ("virtual thunk to ", target);
    }
    ("", symbol)
}

/// What stands behind `12_` or `n12_`.
fn without_decimal(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('n').unwrap_or(text);
    digits.trim_start_matches(|char: char| char.is_ascii_digit()).strip_prefix('_')
}

/// Whether a demangled name ends in parameters.
fn has_parameters(name: &str) -> bool {
    const QUALIFIERS: [&str; 5] = [" const", " volatile", " restrict", " &", " &&"];
    let mut name = name;
    while let Some(unqualified) = QUALIFIERS.iter().find_map(|qualifier| name.strip_suffix(qualifier)) {
        name = unqualified;
    }
    name.ends_with(')')
}

/// A text that refuses to grow beyond [`MAX_NAME`].
#[derive(Debug, Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_NAME {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(function: &str, name: &str) {
        assert_eq!(normalise(function), name, "{function}");
    }

    #[test]
    fn plain_names_stay() {
        for name in ["main()", "main", "_start()", "0x7fe8ccf1339c", "main._omp_fn.0()", "runtime.main()", "a.part()"] {
            check(name, name);
        }
        check("operator new(unsigned long)", "operator new(unsigned long)");
        check("<signal handler called>", "<signal handler called>");
        check("_Random()", "_Random()");
        check("_Zebra()", "_Zebra()");
        check(".cold()", ".cold()");
        check("@plt", "@plt");
        check("+0x12/0x34", "+0x12/0x34");
    }

    #[test]
    fn without_symbol() {
        for function in ["???", "?", "??", "", "? vsnprintf", "? _ZN1a1bEv"] {
            check(function, "???");
        }
        check("?a", "?a");
    }

    #[test]
    fn versions_suffixes_and_offsets_go_away() {
        check("__libc_start_main@@GLIBC_2.34()", "__libc_start_main()");
        check("free@GLIBC_2.2.5()", "free()");
        check("puts@plt", "puts");
        check("a.cold()", "a()");
        check("a.cold.12", "a");
        check("a.isra.0()", "a()");
        check("a.constprop.1.isra.0.part.2.cold()", "a()");
        check("a.lto_priv.0.llvm.8417530423()", "a()");
        check("a.cold@@LIB_1.0()", "a()");
        check("vfs_write+0x12/0x34", "vfs_write");
        check("vfs_write.isra.0+0xdeadbeef", "vfs_write");
        check("a.b.cold", "a.b");
    }

    #[test]
    fn cpp_is_demangled() {
        check("_ZN3img7Decoder6decodeEv()", "img::Decoder::decode()");
        check("_ZN3img7Decoder6decodeEv", "img::Decoder::decode()");
        check("_ZNK2px5Layer6commitEv()", "px::Layer::commit() const");
        check("_ZNKR3foo3barEv()", "foo::bar() const &");
        check("_ZN9__gnu_cxx27__verbose_terminate_handlerEv.cold()", "__gnu_cxx::__verbose_terminate_handler()");
        check("_ZSt9terminatev@@GLIBCXX_3.4()", "std::terminate()");
        check("_ZN3foo3barE()", "foo::bar()");
        check("_ZThn16_N3foo3barEv()", "non-virtual thunk to foo::bar()");
        check("_ZTv0_n24_N3foo3barEv()", "virtual thunk to foo::bar()");
        check("_ZN3foo3barB5cxx11Ev()", "foo::bar[abi:cxx11]()");
        check("_ZN1aIPFviEE1bES1_()", "a<void (*)(int)>::b(void (*)(int))");
        check("_ZdlPvm()", "operator delete(void*, unsigned long)");
    }

    #[test]
    fn rust_is_demangled_without_hashes() {
        check("_ZN4core9panicking9panic_fmt17h51d0a8b3e6f97c24E()", "core::panicking::panic_fmt()");
        check("_ZN4core9panicking9panic_fmt17h51d0a8b3e6f97c24E.llvm.12", "core::panicking::panic_fmt");
        check(
            "_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE()",
            "<T as core::convert::Into<U>>::into()",
        );
        check("_RNvCs1234_7mycrate3foo()", "mycrate::foo()");
        check("_RNCNvCs1234_7mycrate3foo0.llvm.7()", "mycrate::foo::{closure#0}()");
        check("_RNvNtCs1234_7mycrate3mod3foo", "mycrate::mod::foo");
    }

    #[test]
    fn symbols_beyond_the_bounds_stay() {
        let long = format!("_Z{}{}v", MAX_SYMBOL, "a".repeat(MAX_SYMBOL));
        check(&long, &long);
        let deep = format!("_Z1f{}i{}", "1aI".repeat(60), "E".repeat(60));
        check(&deep, &deep);
        let wide = format!("_Z1f{}{}", format_args!("{0}{1}", 1000, "a".repeat(1000)), "S_".repeat(10));
        check(&wide, &wide);
    }

    #[test]
    fn a_backtrace_has_a_bounded_number_of_mangled_names() {
        let symbols: Vec<String> = (100..=100 + MAX_SYMBOLS).map(|number| format!("_Z4f{number}v")).collect();
        let mut names = Names::default();
        let named: Vec<String> = symbols.iter().map(|symbol| names.of(symbol)).collect();
        assert_eq!((named[0].as_str(), named[MAX_SYMBOLS - 1].as_str()), ("f100()", "f355()"));
        assert_eq!(named[MAX_SYMBOLS], symbols[MAX_SYMBOLS]);
        assert_eq!(names.of(&symbols[7]), "f107()");
    }

    /// Pieces of symbols in any order are more often read to some depth than any text.
    fn symbol_like() -> impl Strategy<Value = String> {
        let starts = vec!["_Z", "_ZN", "_Z1fI", "_ZTh", "_R", "_RNv", "_RINv", "_RNvC1a", ""];
        let pieces =
            "[_NEISTZLKPRFvidljJXACDUOGMe0-9a.@$]|1a|St|S_|T_|S0_|cv|cl|dc|17h|Li1E|Dp|DT|Ul|NK|Cs1_|Nv|Nt|INv|Bs_|Kj";
        let symbol = |(start, pieces): (&str, Vec<String>)| start.to_owned() + &pieces.concat();
        (prop::sample::select(starts), prop::collection::vec(pieces, 0..60)).prop_map(symbol)
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            normalise(&text);
        }

        #[test]
        fn no_symbol_panics(symbol in symbol_like()) {
            prop_assert!(normalise(&symbol).len() <= MAX_NAME.max(symbol.len()) + "non-virtual thunk to ()".len());
        }

        #[test]
        fn all_symbols_of_a_plain_name_lead_to_it(
            name in "[a-z][a-z0-9_]{0,20}",
            suffixes in r"(\.cold|\.isra\.[0-9]|\.part\.[0-9]|\.llvm\.[0-9]{1,9}){0,4}",
            version in "(@@?[A-Z]{1,6}_[0-9.]{1,5})?",
            call in r"(\(\))?",
        ) {
            prop_assert_eq!(normalise(&format!("{name}{suffixes}{version}{call}")), name + &call);
        }
    }
}
