//! Kernel oopses: bugs and warnings in the form of the client's report of the kernel's log.

use fastrand::Rng;

use super::draw::{mix, percent, pick};
use super::platforms::Platform;

/// How many different bugs there are, and how many warnings.
const OOPSES: u64 = 40;

/// An oops that can happen again: everything but the machine.
struct Oops {
    reason: String,
    tainted: &'static str,
    modules: String,
    /// Registers and frames.
    backtrace: String,
}

/// All oopses.
pub(super) struct Oopses {
    bugs: Vec<Oops>,
    warnings: Vec<Oops>,
}

impl Oopses {
    pub(super) fn new(seed: u64) -> Self {
        let of_number =
            |number: u64, is_bug: bool| Oops::new(&mut Rng::with_seed(mix(seed, 0x0095_0000 + number)), is_bug);
        Self {
            bugs: (0..OOPSES).map(|number| of_number(number, true)).collect(),
            warnings: (OOPSES..2 * OOPSES).map(|number| of_number(number, false)).collect(),
        }
    }

    /// The payload of an oops of a machine.
    pub(super) fn payload(&self, rng: &mut Rng, is_bug: bool, kernel: &str, platform: &Platform) -> String {
        let oopses = if is_bug { &self.bugs } else { &self.warnings };
        // The product of two makes the first ones frequent.
        let number = rng.usize(0..oopses.len()) * rng.usize(0..oopses.len()) / oopses.len().max(1);
        oopses.get(number).map(|oops| oops.payload(kernel, platform)).unwrap_or_default()
    }
}

impl Oops {
    fn new(rng: &mut Rng, is_bug: bool) -> Self {
        let driver = pick(rng, &DRIVERS);
        let function = driver_function(rng, &driver);
        let with_registers = is_bug || percent(rng, 30);
        Self {
            reason: if is_bug { bug(rng, &driver) } else { warning(rng, &driver, &function) },
            tainted: pick(rng, &["Not tainted", "Not tainted", "G        W", "G           OE", "P           OE"]),
            modules: modules(rng, &driver),
            backtrace: backtrace(rng, &driver, &function, with_registers),
        }
    }

    fn payload(&self, kernel: &str, platform: &Platform) -> String {
        let (hardware, board) = (platform.host_type.replace('|', " "), platform.board.replace('|', " "));
        let Self { reason, tainted, modules, backtrace } = self;
        format!(
            "Crash Report:\nReason: {reason}\nKernel Version : {kernel} #1 {hardware}/{board}\nTainted : {tainted}\n\
             Modules : {modules}\nBacktrace :\n{backtrace}\n"
        )
    }
}

/// A driver: its module, the start of its functions' names, its directory, and how the kernel gets into it.
#[derive(Clone, Copy, Default)]
struct Driver {
    module: &'static str,
    directory: &'static str,
    callers: &'static [&'static str],
}

const NETWORK: &[&str] = &[
    "__napi_poll",
    "net_rx_action",
    "handle_softirqs",
    "__irq_exit_rcu",
    "common_interrupt",
    "asm_common_interrupt",
    "cpuidle_enter_state",
    "cpuidle_enter",
    "do_idle",
    "cpu_startup_entry",
    "start_secondary",
];
const WORK: &[&str] = &["process_one_work", "worker_thread", "kthread", "ret_from_fork", "ret_from_fork_asm"];
const FILES: &[&str] =
    &["vfs_write", "ksys_write", "__x64_sys_write", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"];
const CONTROL: &[&str] = &["__x64_sys_ioctl", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"];
const SLEEP: &[&str] = &[
    "dpm_run_callback",
    "device_resume",
    "dpm_resume",
    "dpm_resume_end",
    "suspend_devices_and_enter",
    "pm_suspend",
    "state_store",
    "kernfs_fop_write_iter",
    "vfs_write",
    "ksys_write",
    "do_syscall_64",
];

const DRIVERS: [Driver; 14] = [
    Driver { module: "tidewire", directory: "drivers/net/ethernet/tidewire", callers: NETWORK },
    Driver { module: "gullwifi", directory: "drivers/net/wireless/gull", callers: NETWORK },
    Driver { module: "gullwifi", directory: "drivers/net/wireless/gull", callers: WORK },
    Driver { module: "lumen_drm", directory: "drivers/gpu/drm/lumen", callers: CONTROL },
    Driver { module: "lumen_drm", directory: "drivers/gpu/drm/lumen", callers: WORK },
    Driver { module: "lumen_drm", directory: "drivers/gpu/drm/lumen", callers: SLEEP },
    Driver { module: "kelpfs", directory: "fs/kelpfs", callers: FILES },
    Driver { module: "kelpfs", directory: "fs/kelpfs", callers: WORK },
    Driver { module: "snd_reed", directory: "sound/pci/reed", callers: CONTROL },
    Driver { module: "snd_reed", directory: "sound/pci/reed", callers: SLEEP },
    Driver { module: "usb_skiff", directory: "drivers/usb/skiff", callers: WORK },
    Driver { module: "kernel", directory: "mm", callers: FILES },
    Driver { module: "kernel", directory: "kernel/sched", callers: WORK },
    Driver { module: "kernel", directory: "drivers/base/power", callers: SLEEP },
];
const OBJECTS: [&str; 12] =
    ["ring", "queue", "inode", "page", "fence", "buf", "urb", "stream", "plane", "task", "extent", "port"];
const ACTIONS: [&str; 12] =
    ["poll", "submit", "complete", "free", "alloc", "resume", "reset", "flush", "map", "unmap", "update", "wait"];
const MODULES: [&str; 36] = [
    "xt_conntrack",
    "nft_chain_nat",
    "nf_nat",
    "nf_conntrack",
    "nf_tables",
    "nfnetlink",
    "bridge",
    "stp",
    "llc",
    "tun",
    "vhost_net",
    "vhost",
    "kvm_intel",
    "kvm",
    "irqbypass",
    "bluetooth",
    "btusb",
    "cfg80211",
    "mac80211",
    "rfkill",
    "snd_hda_intel",
    "snd_hda_codec",
    "snd_pcm",
    "snd_timer",
    "snd",
    "i2c_i801",
    "iTCO_wdt",
    "intel_rapl_msr",
    "coretemp",
    "xfs",
    "btrfs",
    "dm_crypt",
    "nvme",
    "nvme_core",
    "xhci_pci",
    "thunderbolt",
];
const REGISTERS: [&str; 17] = [
    "EFLAGS", "RSP", "RCX", "RBX", "RAX", "RDI", "RSI", "RDX", "R09", "R08", "RBP", "R12", "R11", "R10", "CR2", "CR3",
    "CR4",
];

fn driver_function(rng: &mut Rng, driver: &Driver) -> String {
    let prefix = if driver.module == "kernel" { "__do" } else { driver.module };
    format!("{prefix}_{}_{}", pick(rng, &OBJECTS), pick(rng, &ACTIONS))
}

fn bug(rng: &mut Rng, driver: &Driver) -> String {
    let (cpu, small) = (rng.u32(0..16), rng.u32(0..64) * 8);
    match rng.u32(0..5) {
        0 => format!("BUG: kernel NULL pointer dereference, address: {small:016x}"),
        1 => format!("BUG: unable to handle page fault for address: ffff{:012x}", rng.u64(0..1 << 48)),
        2 => {
            "general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#1] SMP".to_owned()
        }
        3 => format!("BUG: soft lockup - CPU#{cpu} stuck for {}s! [kworker/{cpu}:1:{}]", 22 + small % 5, 100 + small),
        _ => format!("kernel BUG at {}/core.c:{}!", driver.directory, 100 + small),
    }
}

fn warning(rng: &mut Rng, driver: &Driver, function: &str) -> String {
    let (cpu, pid, line) = (rng.u32(0..16), rng.u32(1..4000), rng.u32(40..3000));
    let (offset, length) = (rng.u32(1..60) * 4, rng.u32(60..200) * 4);
    format!("WARNING: CPU: {cpu} PID: {pid} at {}/core.c:{line} {function}+{offset:#x}/{length:#x}", driver.directory)
}

fn modules(rng: &mut Rng, driver: &Driver) -> String {
    let mut modules: Vec<_> = MODULES.into_iter().filter(|_| percent(rng, 70)).collect();
    if driver.module != "kernel" {
        modules.insert(rng.usize(0..=modules.len()), driver.module);
    }
    modules.join(" ")
}

fn backtrace(rng: &mut Rng, driver: &Driver, function: &str, with_registers: bool) -> String {
    let mut text = String::new();
    if with_registers {
        for register in REGISTERS {
            text.push_str(&format!("Register {register}: {}\n", if percent(rng, 25) { "Zero" } else { "Non-zero" }));
        }
    }
    let mut frames = vec![format!("{function} - [{}]", driver.module)];
    for _ in 0..rng.u32(1..6) {
        frames.push(format!("{} - [{}]", driver_function(rng, driver), driver.module));
    }
    frames.extend(driver.callers.iter().map(|caller| format!("{caller} - [kernel]")));
    for (number, frame) in frames.iter().enumerate() {
        let doubtful = if percent(rng, 15) { "? " } else { "" };
        text.push_str(&format!("#{} {doubtful}{frame}\n", number + 1));
    }
    text
}
