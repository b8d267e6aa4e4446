//! The machine that was measured: figures say nothing without it.

use std::fmt;
use std::fs;
use std::path::Path;

use serde::Serialize;

/// What the figures depend on.
#[derive(Debug, Default, Serialize)]
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    memory: String,
    kernel: String,
    /// Where the databases were.
    folder: String,
    /// The device and file system of that folder.
    disk: Disk,
    optimised: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Disk {
    device: String,
    file_system: String,
}

impl Machine {
    /// Asks the kernel; what it does not tell is "unknown".
    pub(super) fn look(folder: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let known = |value: Option<&str>| value.filter(|value| !value.is_empty()).unwrap_or("unknown").to_owned();
        let memory = field(&read("/proc/meminfo"), "MemTotal").and_then(kib);
        Self {
            cpu: known(field(&read("/proc/cpuinfo"), "model name")),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: memory.map_or_else(|| known(None), |kib| format!("{:.1} GiB", kib / 1024.0 / 1024.0)),
            kernel: known(Some(read("/proc/sys/kernel/osrelease").trim())),
            folder: folder.display().to_string(),
            disk: disk_of(&read("/proc/self/mounts"), folder)
                .unwrap_or_else(|| Disk { device: known(None), file_system: known(None) }),
            // Debug assertions are what a program can see of its profile.
            optimised: !cfg!(debug_assertions),
        }
    }

    /// Why the figures may not be worth much.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let in_memory = matches!(self.disk.file_system.as_str(), "tmpfs" | "ramfs");
        let unoptimised = "this program was built without optimisation: use `make bench`";
        let no_disk = "the folder is in memory, where a commit costs nothing: name one on a disk by --dir";
        [(!self.optimised, unoptimised), (in_memory, no_disk)]
            .into_iter()
            .filter_map(|(is, warning)| is.then_some(warning))
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = if self.optimised { "optimised" } else { "not optimised" };
        writeln!(f, "- CPU: {}, {} cores", self.cpu, self.cores)?;
        writeln!(f, "- Memory: {}", self.memory)?;
        writeln!(f, "- Kernel: {}", self.kernel)?;
        writeln!(f, "- Disk: {} ({}), {}", self.disk.device, self.disk.file_system, self.folder)?;
        writeln!(f, "- Build: {build}")?;
        self.warnings().try_for_each(|warning| writeln!(f, "- Warning: {warning}"))
    }
}

/// The first value of a name in the kernel's `name: value` lines.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// The number of a value such as `1024 kB`, by which the kernel means KiB.
pub(super) fn kib(value: &str) -> Option<f64> {
    value.strip_suffix("kB")?.trim().parse().ok()
}

/// The mount that a path is on: the deepest, and the last of several at one place, which covers the others.
fn disk_of(mounts: &str, path: &Path) -> Option<Disk> {
    let mount = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let (device, place, file_system) = (words.next()?, words.next()?, words.next()?);
        path.starts_with(&place).then_some((place.len(), Disk { device, file_system }))
    };
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, disk)| disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_kernel_are_found() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2.50GHz\nVmRSS:\t   2048 kB\nprocessor\t: 1\n";
        assert_eq!(field(text, "model name"), Some("Some CPU @ 2.50GHz"));
        assert_eq!(field(text, "processor"), Some("0"));
        assert_eq!(field(text, "VmRSS").and_then(kib), Some(2048.0));
        assert_eq!(field(text, "name"), None);
        assert_eq!(kib("many"), None);
    }

    #[test]
    fn a_path_is_on_the_deepest_mount_above_it() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /mnt tmpfs rw 0 0\n/dev/vdb /mnt xfs rw 0 0\n";
        let check = |path: &str, device: &str, file_system: &str| {
            let expected = Disk { device: device.to_owned(), file_system: file_system.to_owned() };
            assert_eq!(disk_of(mounts, Path::new(path)), Some(expected), "{path}");
        };
        check("/srv/data", "/dev/vda", "ext4");
        check("/mnt/bench", "/dev/vdb", "xfs");
        check("/mntfiles", "/dev/vda", "ext4");
        assert_eq!(disk_of("", Path::new("/")), None);
    }
}
