//! Colours of the profile connection space as DICOM encodes them (PS3.3 section C.10.7.1.1), from and to those of
//! screens: `CIELab` with the white of D50; sRGB of IEC 61966-2-1, adapted by Bradford.

/// White of D50.
const WHITE: [f64; 3] = [0.964_22, 1.0, 0.825_21];
const TO_LINEAR: [[f64; 3]; 3] = [
    [3.133_856_1, -1.616_866_7, -0.490_614_6],
    [-0.978_768_4, 1.916_141_5, 0.033_454_0],
    [0.071_945_3, -0.228_991_4, 1.405_242_7],
];
const FROM_LINEAR: [[f64; 3]; 3] = [
    [0.436_074_7, 0.385_064_9, 0.143_080_4],
    [0.222_504_5, 0.716_878_6, 0.060_616_9],
    [0.013_932_2, 0.097_104_5, 0.714_173_3],
];

fn times(matrix: [[f64; 3]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

/// A colour of a screen, as `#rrggbb`, of the three numbers of an element.
pub(crate) fn colour_of_pcs([l, a, b]: [f64; 3]) -> String {
    let l = l * 100.0 / 65535.0;
    let [a, b] = [a, b].map(|part| part * 255.0 / 65535.0 - 128.0);
    let y = (l + 16.0) / 116.0;
    let back = |t: f64| {
        if t > 6.0 / 29.0 {
            t.powi(3)
        } else {
            3.0 * (6.0_f64 / 29.0).powi(2) * (t - 4.0 / 29.0)
        }
    };
    let [wx, wy, wz] = WHITE;
    let xyz = [
        wx * back(y + a / 500.0),
        wy * back(y),
        wz * back(y - b / 200.0),
    ];
    hexadecimal(times(TO_LINEAR, xyz).map(|linear| {
        if linear <= 0.003_130_8 {
            12.92 * linear
        } else {
            1.055 * linear.powf(1.0 / 2.4) - 0.055
        }
    }))
}

/// A colour of a screen, as `#rrggbb`, of red, green and blue from 0 to 1.
pub(crate) fn hexadecimal(rgb: [f64; 3]) -> String {
    let [r, g, b] = rgb.map(|part| {
        // Within a byte by the bounds.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let byte = (part * 255.0).round().clamp(0.0, 255.0) as u8;
        byte
    });
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The three numbers of an element for a colour of a screen, `#rrggbb`; those of grey where it is none.
pub fn pcs_of_colour(colour: &str) -> [u16; 3] {
    let number = colour.strip_prefix('#').filter(|digits| digits.len() == 6);
    let number = number.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let [_, red, green, blue] = number.unwrap_or(0x80_80_80).to_be_bytes();
    let linear = [red, green, blue].map(|byte| {
        let part = f64::from(byte) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let forth = |(part, white): (f64, f64)| {
        let t = part / white;
        if t > (6.0_f64 / 29.0).powi(3) {
            t.cbrt()
        } else {
            t * (29.0_f64 / 6.0).powi(2) / 3.0 + 4.0 / 29.0
        }
    };
    let [x, y, z] = times(FROM_LINEAR, linear);
    let [wx, wy, wz] = WHITE;
    let [x, y, z] = [(x, wx), (y, wy), (z, wz)].map(forth);
    let encoded = [
        (116.0 * y - 16.0) / 100.0,
        (500.0 * (x - y) + 128.0) / 255.0,
        (200.0 * (y - z) + 128.0) / 255.0,
    ];
    encoded.map(|part| {
        // Within 16 bits by the bounds.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let word = (part * 65535.0).round().clamp(0.0, 65535.0) as u16;
        word
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_to_the_connection_space_and_back() {
        for colour in ["#ffffff", "#000000", "#ff0000", "#e8a5a0", "#123456"] {
            let encoded = pcs_of_colour(colour).map(f64::from);
            assert_eq!(colour_of_pcs(encoded), colour);
        }
        // As highdicom encodes CIELab of (54.29, 80.81, 69.89), which is red of sRGB under D50.
        let red = pcs_of_colour("#ff0000");
        for (got, want) in red.into_iter().zip([35579_u16, 53664, 50858]) {
            assert!(got.abs_diff(want) < 40, "{red:?}");
        }
    }
}
