//! Topics: `yuanyi/v1/{device}/{stream}`, `…/state`, `…/command`, `…/command/ack`; and filters over them.

use vocabulary::DeviceId;

/// What stands before the device in every topic.
const ROOT: &str = "yuanyi/v1/";
/// The longest filter.
const LONGEST: usize = 256;

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'t> {
    /// A stream or group of the device.
    Stream(&'t str),
    /// What the device says of itself; kept.
    State,
    /// What the device is asked to do.
    Command,
    /// What the device answers to that.
    Answer,
}

/// The device and place of a topic.
pub fn read(topic: &str) -> Option<(DeviceId, Place<'_>)> {
    let (device, place) = topic.strip_prefix(ROOT)?.split_once('/')?;
    let device = DeviceId::new(device).ok()?;
    let place = match place {
        "state" => Place::State,
        "command" => Place::Command,
        "command/ack" => Place::Answer,
        stream if !stream.is_empty() && !stream.contains(['/', '#', '+']) => Place::Stream(stream),
        _ => return None,
    };
    Some((device, place))
}

/// The topic of a device's state.
pub fn state(device: &DeviceId) -> String {
    format!("{ROOT}{device}/state")
}

/// The topic of a device's commands.
pub fn command(device: &DeviceId) -> String {
    format!("{ROOT}{device}/command")
}

/// Whether a filter is well formed (MQTT 5, section 4.7): `#` only as its last level, `+` only as a whole one.
pub fn is_filter(filter: &str) -> bool {
    if filter.is_empty() || filter.len() > LONGEST || filter.contains('\0') {
        return false;
    }
    let last = filter.split('/').count() - 1;
    filter.split('/').enumerate().all(|(place, level)| {
        let wild = level.contains(['#', '+']);
        !wild || level == "+" || (level == "#" && place == last)
    })
}

/// Whether several would share what a filter hears, each a part (MQTT 5, section 4.8.2). The door has no such wishes.
pub fn is_shared(filter: &str) -> bool {
    filter.starts_with("$share/")
}

/// The one device that a filter is about; none where it is about several.
pub fn device_of(filter: &str) -> Option<DeviceId> {
    let device = filter.strip_prefix(ROOT)?.split('/').next()?;
    DeviceId::new(device).ok()
}

/// Whether a topic is among those of a filter.
pub fn matches(filter: &str, topic: &str) -> bool {
    // Wildcards at the beginning do not reach what brokers say of themselves.
    if topic.starts_with('$') && filter.starts_with(['#', '+']) {
        return false;
    }
    let mut topics = topic.split('/');
    let mut filters = filter.split('/');
    loop {
        match (filters.next(), topics.next()) {
            (Some("#"), _) | (None, None) => return true,
            (Some("+"), Some(_)) => {}
            (Some(level), Some(found)) if level == found => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_name_a_device_and_a_place() {
        let device = DeviceId::new("mon-1").unwrap();
        for (topic, place) in [
            ("yuanyi/v1/mon-1/spo2", Place::Stream("spo2")),
            ("yuanyi/v1/mon-1/state", Place::State),
            ("yuanyi/v1/mon-1/command", Place::Command),
            ("yuanyi/v1/mon-1/command/ack", Place::Answer),
        ] {
            assert_eq!(read(topic), Some((device.clone(), place)));
        }
        assert_eq!(state(&device), "yuanyi/v1/mon-1/state");
        for bad in [
            "",
            "yuanyi/v1",
            "yuanyi/v1/mon-1",
            "yuanyi/v1/mon-1/",
            "yuanyi/v1//spo2",
            "yuanyi/v1/mon-1/a/b",
            "yuanyi/v2/mon-1/spo2",
            "yuanyi/v1/mon 1/spo2",
            "$SYS/x",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    /// The examples of MQTT 5, section 4.7.
    #[test]
    fn filters_match_as_the_standard_says() {
        for (filter, topic, is) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/ranking",
                true,
            ),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/score/wimbledon",
                true,
            ),
            ("sport/#", "sport", true),
            ("#", "sport", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/monitor", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/monitor", true),
        ] {
            assert_eq!(matches(filter, topic), is, "{filter} {topic}");
        }
        for good in ["#", "+", "a/+/b", "a/#", "/"] {
            assert!(is_filter(good), "{good}");
        }
        for bad in ["", "a#", "#/a", "a+", "a/b+/c", "a/#/b", &"a".repeat(300)] {
            assert!(!is_filter(bad), "{bad}");
        }
        assert_eq!(device_of("yuanyi/v1/+/spo2"), None);
        assert_eq!(device_of("yuanyi/v1/d1/#"), DeviceId::new("d1").ok());
    }
}
