//! What counters need to know from payloads. Pure; a payload that has another form tells nothing.

/// Longer texts in place of a version are no versions.
const MAX_VERSION_CHARS: usize = 256;
/// Longer stretches are no durations of an update.
const MAX_UPDATE_SECONDS: f64 = 1e7;

/// What an update led from and to, and how it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// The version before.
    pub from: &'a str,
    /// The version that was offered; `-1` where the update server could not be asked.
    pub to: &'a str,
    /// Whether the result was 0.
    pub succeeded: bool,
    /// How long it took, where it says so.
    pub millis: Option<i64>,
}

/// Reads the payload of `org.clearlinux/swupd-client/update`: lines `name=value`, of which `current_version`,
/// `server_version` and `result` must be there, and `time` (seconds) may be.
pub fn update(payload: &str) -> Option<Update<'_>> {
    let value = |name: &str| {
        let line = payload.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim()).filter(|value| !value.is_empty() && value.chars().count() <= MAX_VERSION_CHARS)
    };
    let seconds = value("time").and_then(|text| text.parse::<f64>().ok());
    let seconds = seconds.filter(|seconds| (0.0..=MAX_UPDATE_SECONDS).contains(seconds));
    Some(Update {
        from: value("current_version")?,
        to: value("server_version")?,
        succeeded: value("result")? == "0",
        // Within the bound above, so that nothing is cut off.
        millis: seconds.map(|seconds| (seconds * 1000.0).round() as i64),
    })
}

/// The status of a machine check in mcelog's report: the 8 hex digits before ` MCGSTATUS` in the line that begins
/// with `STATUS`, which are the low half of `IA32_MCi_STATUS` (Intel SDM volume 3B, 15.3.2.2).
pub fn mce_status(payload: &str) -> Option<&str> {
    let line = payload.lines().map(str::trim_start).find(|line| line.starts_with("STATUS "))?;
    let before = line.split_once(" MCGSTATUS")?.0;
    let status = before.get(before.len().checked_sub(8)?..)?;
    status.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_say_from_where_to_where() {
        let payload = "PACKAGE_NAME=swupd-client\nPACKAGE_VERSION=4.3.3\ncurrent_version=41150\nserver_version=41160\n\
            result=0\ntime= 12.7\nbytes=4195321\n\n";
        let succeeded = Update { from: "41150", to: "41160", succeeded: true, millis: Some(12_700) };
        assert_eq!(update(payload), Some(succeeded));
        let failed = payload.replace("result=0", "result=4").replace("server_version=41160", "server_version=-1");
        let expected = Update { to: "-1", succeeded: false, ..succeeded };
        assert_eq!(update(&failed), Some(expected));
        assert_eq!(update(&payload.replace("time= 12.7", "time=soon")).map(|update| update.millis), Some(None));
    }

    #[test]
    fn payloads_of_another_form_are_no_updates() {
        for payload in ["", "current_version=1\nresult=0", "current_version=\nserver_version=2\nresult=0"] {
            assert_eq!(update(payload), None, "{payload:?}");
        }
    }

    #[test]
    fn a_status_is_the_low_half() {
        let check = |payload: &str, status: Option<&str>| assert_eq!(mce_status(payload), status, "{payload:?}");
        check("MCE 0\nSTATUS 9c20004000010005 MCGSTATUS 0\n", Some("00010005"));
        check("STATUS 880003c3 MCGSTATUS 0", Some("880003c3"));
        check("MCi status:\nSTATUS 3c3 MCGSTATUS 0", None);
        check("STATUS é0003c3 MCGSTATUS 0", None);
        check("STATUS 880003c3", None);
        check("", None);
    }
}
