/// One media range of an `Accept` header.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaRange {
    /// Type and subtype in lower case, such as `multipart/related` or `*/*`.
    pub media: String,
    /// Parameters; names in lower case, values without quotes.
    pub parameters: Vec<(String, String)>,
}

impl MediaRange {
    /// A parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The media type of the parts, where this is multipart; else the media type itself.
    pub fn inner(&self) -> &str {
        match self.media.as_str() {
            "multipart/related" => self.parameter("type").unwrap_or("*/*"),
            other => other,
        }
    }

    /// Whether the range takes parts or a body of this media type.
    pub fn takes(&self, media: &str) -> bool {
        let inner = self.inner();
        let kind = media.split('/').next().unwrap_or_default();
        inner == "*/*"
            || inner.eq_ignore_ascii_case(media)
            || inner.strip_suffix("/*") == Some(kind)
    }
}

/// The ranges of an `Accept` header, the most wanted first. A missing or empty header takes anything.
pub fn ranges(accept: &str) -> Vec<MediaRange> {
    let mut ranges: Vec<(f32, MediaRange)> = split(accept, ',')
        .into_iter()
        .filter_map(|range| {
            let mut parts = split(&range, ';').into_iter();
            let media = parts.next()?.trim().to_ascii_lowercase();
            let parameters: Vec<_> = parts
                .filter_map(|part| {
                    let (name, value) = part.split_once('=')?;
                    Some((
                        name.trim().to_ascii_lowercase(),
                        value.trim().trim_matches('"').to_owned(),
                    ))
                })
                .collect();
            let range = MediaRange { media, parameters };
            let quality = range
                .parameter("q")
                .and_then(|q| q.parse().ok())
                .unwrap_or(1.0);
            (quality > 0.0 && range.media.contains('/')).then_some((quality, range))
        })
        .collect();
    if accept.trim().is_empty() {
        ranges.push((
            1.0,
            MediaRange {
                media: "*/*".to_owned(),
                parameters: Vec::new(),
            },
        ));
    }
    // The sort is stable: ranges of one quality stay in the order of the header.
    ranges.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranges.into_iter().map(|(_, range)| range).collect()
}

/// Splits at a character that is not within quotes.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        if c == at && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_come_in_the_order_that_they_are_wanted() {
        let ranges = ranges(
            r#"image/png;q=0.5, multipart/related; type="application/dicom"; transfer-syntax=*, text/html;q=0"#,
        );
        assert_eq!(ranges.len(), 2);
        assert!(ranges[0].takes("application/dicom"));
        assert_eq!(ranges[0].parameter("transfer-syntax"), Some("*"));
        assert!(!ranges[0].takes("image/png"));
        assert_eq!(ranges[1].media, "image/png");
    }

    #[test]
    fn no_header_takes_anything() {
        assert!(
            ranges("")
                .iter()
                .any(|range| range.takes("application/dicom"))
        );
        assert!(ranges("image/*")[0].takes("image/jpeg"));
    }
}
