//! Hardware: what the firmware says, well or badly filled in.

/// A model of machine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Platform {
    pub(super) arch: &'static str,
    /// `sys_vendor|product_name|product_version`.
    pub(super) host_type: &'static str,
    pub(super) board: &'static str,
    pub(super) cpu: &'static str,
    pub(super) bios: &'static str,
    /// Whether it throttles easily.
    pub(super) runs_hot: bool,
}

impl Platform {
    /// Whether the client's probe for machine checks works here.
    pub(super) fn reports_machine_checks(&self) -> bool {
        self.cpu.contains("Intel")
    }
}

/// A computer with an amd64 processor.
const fn pc(
    host_type: &'static str,
    board: &'static str,
    cpu: &'static str,
    bios: &'static str,
    runs_hot: bool,
) -> Platform {
    Platform { arch: "x86_64", host_type, board, cpu, bios, runs_hot }
}

const XEON_GOLD: &str = "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz";
const EPYC: &str = "AMD EPYC 7543 32-Core Processor";

/// Desktops, laptops, servers and virtual machines, by how many there are.
pub(super) const COMPUTERS: [(u32, Platform); 18] = [
    (
        12,
        pc(
            "LENOVO|21CBCTO1WW|ThinkPad X1 Carbon Gen 10",
            "21CBCTO1WW|SDK0T76530 WIN",
            "12th Gen Intel(R) Core(TM) i7-1260P",
            "N3AET79W (1.44 )",
            true,
        ),
    ),
    (
        8,
        pc(
            "LENOVO|20XWCTO1WW|ThinkPad X1 Carbon Gen 9",
            "20XWCTO1WW|SDK0J40697 WIN",
            "11th Gen Intel(R) Core(TM) i5-1145G7 @ 2.60GHz",
            "N32ET91W (1.67 )",
            true,
        ),
    ),
    (9, pc("Dell Inc.|Latitude 7430|", "0W7M3C|A00", "12th Gen Intel(R) Core(TM) i5-1245U", "1.22.1", true)),
    (7, pc("Dell Inc.|OptiPlex 7090|", "0J37VM|A01", "11th Gen Intel(R) Core(TM) i7-11700 @ 2.50GHz", "1.18.0", false)),
    (
        6,
        pc(
            "HP|HP EliteBook 845 14 inch G9 Notebook PC|",
            "8990|KBC Version 09.42.00",
            "AMD Ryzen 7 PRO 6850U with Radeon Graphics",
            "U82 Ver. 01.09.00",
            true,
        ),
    ),
    (
        4,
        pc(
            "HP|HP Z2 Tower G9 Workstation Desktop PC|SBKPF",
            "895C|KBC Version 09.01.00",
            "12th Gen Intel(R) Core(TM) i9-12900K",
            "U50 Ver. 02.05.01",
            false,
        ),
    ),
    (
        7,
        pc(
            "Intel(R) Client Systems|NUC11PAHi5|M15513-310",
            "NUC11PABi5|K90634-305",
            "11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz",
            "PATGL357.0051.2023.0505.1517",
            false,
        ),
    ),
    (
        5,
        pc(
            "ASUS|System Product Name|System Version",
            "PRIME B550M-A|Rev X.0x",
            "AMD Ryzen 5 5600X 6-Core Processor",
            "3405",
            false,
        ),
    ),
    (
        4,
        pc(
            "Micro-Star International Co., Ltd.|MS-7D43|2.0",
            "PRO B660M-A (MS-7D43)|2.0",
            "12th Gen Intel(R) Core(TM) i5-12400F",
            "2.C0",
            false,
        ),
    ),
    (
        3,
        pc(
            "To Be Filled By O.E.M.|To Be Filled By O.E.M.|To Be Filled By O.E.M.",
            "X570M Pro4|",
            "AMD Ryzen 9 3900X 12-Core Processor",
            "P5.60",
            false,
        ),
    ),
    (8, pc("Dell Inc.|PowerEdge R750|blank", "0WT8Y6|A04", XEON_GOLD, "1.13.2", false)),
    (5, pc("Supermicro|SYS-220U-TNR|0123456789", "X12DPU-6|1.10", XEON_GOLD, "1.6", false)),
    (4, pc("HPE|ProLiant DL385 Gen10 Plus|", "ProLiant DL385 Gen10 Plus|", EPYC, "A42", false)),
    (
        8,
        pc(
            "QEMU|Standard PC (Q35 + ICH9, 2009)|pc-q35-9.0",
            "no_bn_file|no_bv_file",
            "QEMU Virtual CPU version 2.5+",
            "rel-1.16.3-0-ga6ed6b701f0a-prebuilt.qemu.org",
            false,
        ),
    ),
    (
        3,
        pc(
            "QEMU|Standard PC (i440FX + PIIX, 1996)|pc-i440fx-8.2",
            "no_bn_file|no_bv_file",
            EPYC,
            "1.16.2-debian-1.16.2-1",
            false,
        ),
    ),
    (3, pc("blank|blank|blank", "blank|blank", "Intel(R) Celeron(R) J4125 CPU @ 2.00GHz", "5.13", true)),
    (
        2,
        pc(
            "no_sv_file|no_pn_file|no_pvr_file",
            "no_bn_file|no_bv_file",
            "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz",
            "no_bv_file",
            false,
        ),
    ),
    (2, pc("", "", EPYC, "", false)),
];

/// A small board; most have no firmware tables at all.
const fn board(arch: &'static str, host_type: &'static str, cpu: &'static str) -> Platform {
    Platform { arch, host_type, board: "no_bn_file|no_bv_file", cpu, bios: "no_bv_file", runs_hot: false }
}

/// What [`super::systems::System::Harbor`] runs on.
pub(super) const BOARDS: [(u32, Platform); 4] = [
    (6, board("aarch64", "no_sv_file|no_pn_file|no_pvr_file", "blank")),
    (3, board("aarch64", "Quayside Systems|QS-10 Gateway|rev C", "blank")),
    (2, board("armv7l", "no_sv_file|no_pn_file|no_pvr_file", "ARMv7 Processor rev 5 (v7l)")),
    (1, board("riscv64", "Quayside Systems|QS-20 Gateway|rev A", "")),
];
