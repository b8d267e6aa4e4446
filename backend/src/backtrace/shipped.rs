//! The never-guilty list that the program brings: functions that stand between a mistake and its crash, or below
//! everything, whoever made the mistake.
//!
//! Names that others use too are listed only in the modules they are meant in; reserved ones (`__cxa_throw`) in any.

use std::sync::LazyLock;

/// Pairs of function and module, both of which may contain `*`.
pub static SHIPPED: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let pairs = |&(functions, modules): &(&'static [&'static str], &'static [&'static str])| {
        functions.iter().flat_map(|function| modules.iter().map(|module| (*function, *module)))
    };
    GROUPS.iter().flat_map(pairs).collect()
});

const ANY: &[&str] = &["*"];
const KERNEL: &[&str] = &["kernel"];
/// The C library, as its soname, its older file name, or a path that ends in one of them.
const LIBC: &[&str] = &["*libc.so*", "*libc-2.*"];
const GLIB: &[&str] = &["*libglib-2.0.so*"];
const GOBJECT: &[&str] = &["*libgobject-2.0.so*"];
const QT: &[&str] = &["*libQt*Core.so*"];

const GROUPS: &[(&[&str], &[&str])] = &[
    (STARTS, ANY),
    (C_ABORTS, ANY),
    (C_LIBRARY, LIBC),
    (&["???", "_dl_*()"], &["*ld-linux*", "*ld-2.*"]),
    (&["???", "raise()"], &["*libpthread*"]),
    (&["???"], &["[vdso]"]),
    (CPP, ANY),
    (RUST, ANY),
    (SANITIZERS, ANY),
    (GLIB_FUNCTIONS, GLIB),
    (GOBJECT_FUNCTIONS, GOBJECT),
    (QT_FUNCTIONS, QT),
    (KERNEL_REPORTS, KERNEL),
    (KERNEL_ENTRIES, KERNEL),
    (KERNEL_SCHEDULING, KERNEL),
    (KERNEL_ROUTINES, KERNEL),
];

/// How processes and threads begin, and what the kernel puts onto the stack for a signal.
const STARTS: &[&str] = &[
    "_start()",
    "__libc_start_main()",
    "__libc_start_main_impl()",
    "__libc_start_call_main()",
    "generic_start_main()",
    "start_thread()",
    "__clone()",
    "__clone3()",
    "clone3()",
    "_dl_start_user()",
    "<signal handler called>",
    "__restore_rt()",
    "__kernel_rt_sigreturn()",
];

/// How a C program ends itself on purpose.
const C_ABORTS: &[&str] = &[
    "abort()",
    "gsignal()",
    "__abort()",
    "__GI_abort()",
    "__GI_raise()",
    "__pthread_kill()",
    "__pthread_kill_implementation()",
    "__pthread_kill_internal()",
    "__assert()",
    "__assert_fail()",
    "__assert_fail_base()",
    "__assert_perror_fail()",
    "__libc_fatal()",
    "__libc_message()",
    "__libc_message_impl()",
    "__fortify_fail()",
    "__fortify_fail_abort()",
    "__chk_fail()",
    "__stack_chk_fail()",
    "__stack_chk_fail_local()",
];

/// What a program calls with a bad pointer or a broken heap, or waits in.
const C_LIBRARY: &[&str] = &[
    "???",
    "raise()",
    "kill()",
    "__kill()",
    "pthread_kill()",
    "clone()",
    "syscall()",
    "malloc()",
    "calloc()",
    "realloc()",
    "free()",
    "cfree()",
    "malloc_printerr()",
    "malloc_consolidate()",
    "malloc_usable_size()",
    "unlink_chunk()",
    "sysmalloc()",
    "systrim()",
    "tcache_*()",
    "_int_malloc()",
    "_int_free()",
    "_int_free_*()",
    "_int_realloc()",
    "_int_memalign()",
    "__libc_malloc()",
    "__libc_calloc()",
    "__libc_realloc()",
    "__libc_free()",
    "__malloc_*()",
    "mem*()",
    "__mem*()",
    "str*()",
    "__str*()",
    "wcs*()",
    "__wcs*()",
    "wmem*()",
    "__wmem*()",
    "*_chk()",
    "printf()",
    "fprintf()",
    "sprintf()",
    "snprintf()",
    "v*printf()",
    "_IO_*printf()",
    "__vfprintf_internal()",
    "__vsnprintf_internal()",
    "__printf_*()",
    "qsort()",
    "qsort_r()",
    "bsearch()",
    "exit()",
    "__run_exit_handlers()",
    "__cxa_finalize()",
    "__GI_*()",
];

const CPP: &[&str] = &[
    "__cxa_throw()",
    "__cxa_rethrow()",
    "__cxa_pure_virtual()",
    "__cxa_deleted_virtual()",
    "__cxa_bad_cast()",
    "__cxa_bad_typeid()",
    "__cxa_throw_bad_array_new_length()",
    "__cxa_call_terminate()",
    "__cxa_call_unexpected()",
    "__clang_call_terminate()",
    "__gxx_personality_v0()",
    "_Unwind_*()",
    "std::terminate()",
    "std::unexpected()",
    "std::abort()",
    "std::rethrow_exception(*)",
    "std::__throw_*(*)",
    "std::__1::__throw_*(*)",
    "std::__terminate(*)",
    "std::__glibcxx_assert_fail(*)",
    "std::__replacement_assert(*)",
    "std::__1::__libcpp_verbose_abort(*)",
    "__cxxabiv1::*",
    "__gnu_cxx::__verbose_terminate_handler()",
    "abort_message()",
    "demangling_terminate_handler()",
    "operator new(*)",
    "operator new[](*)",
    "operator delete(*)",
    "operator delete[](*)",
    "execute_native_thread_routine()",
];

const RUST: &[&str] = &[
    "rust_panic()",
    "rust_panic",
    "rust_begin_unwind()",
    "rust_begin_unwind",
    "__rust_start_panic*",
    "__rustc::*",
    "core::panicking::*",
    "core::option::expect_failed*",
    "core::option::unwrap_failed*",
    "core::result::unwrap_failed*",
    "core::slice::index::*_fail*",
    "core::slice::copy_from_slice_impl::len_mismatch_fail*",
    "core::str::slice_error_fail*",
    "core::cell::panic_already_*",
    "core::ops::function::FnOnce::call_once*",
    "alloc::alloc::handle_alloc_error*",
    "alloc::alloc::rust_oom*",
    "alloc::raw_vec::*",
    "std::alloc::*",
    "std::panicking::*",
    "std::panic::*",
    "std::process::abort*",
    "std::sys::*abort_internal*",
    "std::sys::*short_backtrace*",
    "std::sys_common::*short_backtrace*",
    "std::sys::*thread_start*",
    "std::rt::*",
    "panic_unwind::*",
];

const SANITIZERS: &[&str] = &[
    "__asan_*",
    "__asan::*",
    "__hwasan_*",
    "__lsan::*",
    "__msan_*",
    "__tsan_*",
    "__ubsan_*",
    "__ubsan::*",
    "__sanitizer::*",
    "__interceptor_*",
    "___interceptor_*",
];

const GLIB_FUNCTIONS: &[&str] = &[
    "g_log()",
    "g_logv()",
    "g_log_*()",
    "_g_log_*()",
    "g_abort()",
    "g_assertion_message*()",
    "g_assert_warning()",
    "g_return_if_fail_warning()",
    "g_warn_message()",
    "g_on_error_*()",
    "g_malloc*()",
    "g_realloc*()",
    "g_try_malloc*()",
    "g_free*()",
    "g_slice_*()",
    "g_str*()",
    "g_main_*()",
    "g_source_callback_*()",
    "g_idle_dispatch()",
    "g_timeout_dispatch()",
    "g_thread_proxy()",
    "g_thread_pool_thread_proxy()",
];

const GOBJECT_FUNCTIONS: &[&str] = &[
    "g_closure_invoke()",
    "_g_closure_invoke_va()",
    "g_cclosure_marshal_*()",
    "g_signal_emit*()",
    "signal_emit_*()",
    "g_type_check_*()",
    "g_object_ref()",
    "g_object_unref()",
];

const QT_FUNCTIONS: &[&str] = &[
    "qAbort()",
    "qt_assert(*)",
    "qt_assert_x(*)",
    "qFatal(*)",
    "qt_message_fatal(*)",
    "qt_message(*)",
    "QMessageLogger::fatal(*) const",
    "QCoreApplication::exec()",
    "QCoreApplication::notifyInternal2(*)",
    "QCoreApplicationPrivate::*",
    "QEventLoop::exec(*)",
    "QThreadPrivate::start(*)",
    "QMetaObject::activate(*)",
    "*doActivate<*",
];

/// How the kernel reports what it has found.
const KERNEL_REPORTS: &[&str] = &[
    "dump_stack*",
    "__dump_stack",
    "show_stack*",
    "show_trace*",
    "warn_on_slowpath",
    "warn_slowpath*",
    "__warn*",
    "report_bug*",
    "fixup_bug*",
    "handle_bug",
    "panic",
    "vpanic",
    "nmi_panic",
    "die",
    "__die*",
    "die_addr",
    "oops_end",
    "oops_begin",
    "no_context",
    "page_fault_oops",
    "kernelmode_fixup_or_oops*",
    "bad_area*",
    "__bad_area*",
    "__schedule_bug",
    "__might_sleep",
    "___might_sleep",
    "__might_resched",
    "check_preemption_disabled",
    "lockdep_rcu_suspicious",
    "print_circular_bug*",
    "__lock_acquire*",
    "lock_acquire*",
    "kasan_report*",
    "__kasan_report*",
    "kasan_check_range",
    "__asan_*",
    "print_report",
    "print_address_description*",
    "refcount_warn_saturate",
    "__list_add_valid*",
    "__list_del_entry_valid*",
    "usercopy_abort",
    "__fortify_panic",
    "__stack_chk_fail",
];

/// How the kernel is entered, by calls, faults and interrupts. What stands below is another task's.
const KERNEL_ENTRIES: &[&str] = &[
    "asm_exc_*",
    "asm_sysvec_*",
    "asm_common_interrupt",
    "exc_*",
    "sysvec_*",
    "error_entry",
    "error_exit",
    "error_code",
    "error_sti",
    "do_error_trap",
    "do_trap*",
    "do_invalid_op",
    "invalid_op",
    "do_page_fault",
    "__do_page_fault",
    "page_fault",
    "async_page_fault",
    "do_user_addr_fault",
    "do_kern_addr_fault",
    "do_general_protection",
    "general_protection",
    "do_double_fault",
    "double_fault",
    "nmi",
    "do_nmi",
    "end_repeat_nmi",
    "entry_SYSCALL_*",
    "entry_SYSENTER_*",
    "entry_INT80_*",
    "do_syscall_*",
    "do_fast_syscall_*",
    "do_int80_*",
    "__do_fast_syscall_*",
    "x64_sys_call",
    "ia32_sys_call",
    "system_call*",
    "sysenter_*",
    "sysret_*",
    "syscall_call",
    "syscall_exit_*",
    "ptregscall_common",
    "ret_from_*",
    "el0_*",
    "el0t_*",
    "el1_*",
    "el1h_*",
    "do_el0_svc*",
    "invoke_syscall*",
    "common_interrupt",
    "apic_timer_interrupt",
    "smp_apic_timer_interrupt",
    "do_IRQ",
    "0x*",
    "=*",
];

/// What runs everything else.
const KERNEL_SCHEDULING: &[&str] = &[
    "__schedule",
    "schedule",
    "irq_exit*",
    "__irq_exit_rcu",
    "do_softirq*",
    "__do_softirq",
    "__softirqentry_text_start",
    "call_softirq",
    "handle_softirqs",
    "run_ksoftirqd",
    "smpboot_thread_fn",
    "run_timer_softirq",
    "__run_timers",
    "__run_timer_base",
    "call_timer_fn",
    "process_one_work",
    "process_scheduled_works",
    "worker_thread",
    "kthread",
    "kernel_thread_helper",
    "kernel_thread_starter",
    "child_rip",
    "do_idle",
    "cpu_idle*",
    "cpu_startup_entry",
    "default_idle*",
    "start_secondary",
    "secondary_startup*",
    "start_kernel",
    "rest_init",
    "x86_64_start_*",
    "i386_start_kernel",
];

/// What others call with a bad pointer or wait in.
const KERNEL_ROUTINES: &[&str] = &[
    "_raw_spin_*",
    "_raw_read_*",
    "_raw_write_*",
    "_spin_*",
    "_read_lock*",
    "_write_lock*",
    "do_raw_*lock*",
    "native_queued_spin_lock_slowpath",
    "queued_*_lock_slowpath",
    "__pv_queued_spin_lock_slowpath",
    "native_safe_halt",
    "mutex_lock*",
    "__mutex_lock*",
    "memcpy*",
    "memmove*",
    "memset*",
    "memcmp",
    "__memcpy*",
    "__memmove*",
    "__memset*",
    "strcmp",
    "strncmp",
    "strcpy",
    "strncpy",
    "strscpy",
    "strlcpy",
    "strlen",
    "strnlen",
    "strchr",
    "strstr",
    "__kmalloc*",
    "kmalloc*",
    "kfree",
    "kmem_cache_alloc*",
    "kmem_cache_free",
    "___slab_alloc",
    "__slab_alloc",
    "__slab_free",
    "copy_user_*",
    "copy_from_user",
    "copy_to_user",
    "_copy_from_user",
    "_copy_to_user",
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::backtrace::judge::NeverGuilty;
    use crate::backtrace::normalise;

    #[test]
    fn every_pair_is_there_once_and_can_match() {
        assert_eq!(SHIPPED.iter().collect::<HashSet<_>>().len(), SHIPPED.len());
        for (function, module) in SHIPPED.iter() {
            assert!(!function.is_empty() && !module.is_empty());
            assert_eq!(normalise(function), *function);
        }
    }

    #[test]
    fn usual_suspects_are_listed() {
        let list = NeverGuilty::new(SHIPPED.iter().map(|&(function, module)| (function.to_owned(), module.to_owned())));
        let check = |function: &str, module: &str, listed: bool| {
            assert_eq!(list.contains(&normalise(function), module), listed, "{function} {module}");
        };
        check("raise()", "libc.so.6", true);
        check("raise()", "/usr/lib64/haswell/libc.so.6", true);
        check("raise()", "libc-2.33.so", true);
        check("raise()", "libcurl.so.4", false);
        check("raise()", "/usr/bin/game", false);
        check("__memmove_avx_unaligned_erms()", "libc.so.6", true);
        check("__libc_start_main@@GLIBC_2.34()", "libc.so.6", true);
        check("__libc_message_impl.cold()", "libc.so.6", true);
        check("_ZN10__cxxabiv111__terminateEPFvvE()", "libstdc++.so.6", true);
        check("_ZSt20__throw_out_of_rangePKc()", "libstdc++.so.6", true);
        check("_ZN4core9panicking9panic_fmt17h51d0a8b3e6f97c24E()", "/usr/bin/ferryctl", true);
        check("_ZN3std3sys3pal4unix14abort_internal17h2b1f64c9d07a83e5E()", "/usr/bin/ferryctl", true);
        check("g_log_structured_array()", "libglib-2.0.so.0", true);
        check("main()", "/usr/bin/game", false);
        check("entry_SYSCALL_64_after_hwframe", "kernel", true);
        check("asm_exc_page_fault", "kernel", true);
        check("mem_cgroup_charge", "kernel", false);
        check("tidewire_ring_poll", "tidewire", false);
        check("???", "libc.so.6", true);
        check("???", "/usr/bin/game", false);
    }
}
