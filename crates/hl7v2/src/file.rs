//! Messages that lie in files: one after the other, as they are, in batches, or as they went over a line.

/// The messages of a file. Each begins with a line of `MSH`; what is around them, of a batch or of a line, is left out.
pub fn messages(file: &[u8]) -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    for line in file.split(|byte| matches!(byte, b'\r' | b'\n' | 0x0b | 0x1c)) {
        if line.starts_with(b"MSH") {
            found.push(Vec::new());
        }
        let kind = line.get(..3).unwrap_or(line);
        if kind.is_empty()
            || [b"FHS", b"BHS", b"BTS", b"FTS"]
                .iter()
                .any(|one| kind == *one)
        {
            continue;
        }
        if let Some(message) = found.last_mut() {
            message.extend_from_slice(line);
            message.push(b'\r');
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::messages;

    #[test]
    fn messages_are_found_however_a_file_holds_them() {
        let two = ["MSH|1\rOBX|1\r", "MSH|2\r"].map(|one| one.as_bytes().to_vec());
        for file in [
            "MSH|1\rOBX|1\rMSH|2\r",
            "\u{feff}MSH|1\r\nOBX|1\r\n\r\nMSH|2",
            "FHS|x\nBHS|x\nMSH|1\nOBX|1\nMSH|2\nBTS|2\nFTS|1\n",
            "\x0bMSH|1\rOBX|1\r\x1c\r\x0bMSH|2\r\x1c\r",
        ] {
            assert_eq!(messages(file.as_bytes()), two, "{file:?}");
        }
        for nothing in ["", "{}", "OBX|1\r", "PID|MSH"] {
            assert!(messages(nothing.as_bytes()).is_empty(), "{nothing}");
        }
    }
}
