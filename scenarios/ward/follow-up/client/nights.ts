/** How the bar of a night looks: whether its hours are known, and count by the rule that the hospital tells. Pure. */
export function barOf(hours: number | null, counted_h: number): 'unknown' | 'counted' | 'short' {
  if (hours === null) return 'unknown';
  return hours >= counted_h ? 'counted' : 'short';
}
