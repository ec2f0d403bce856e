/** A length of time as a person reads it: `0.42 s`, `14.2 s`, `2 min 31 s`. */
export const sayLength = (ms: number): string => {
  const seconds = ms / 1000;
  // Compared as rounded: 9.996 s is 10.0 s and not 10.00 s, and 59.96 s is not 60.0 s beside 1 min 0 s.
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
};

/** A moment before or after the zero of the time axis: `+4.1 s`, `−0.5 s`, `+4 min 20 s`. */
export const sayMoment = (ms: number): string => {
  const sign = ms <= -50 ? '−' : '+';
  const size = Math.abs(ms);
  return size < 59_950 ? `${sign}${(size / 1000).toFixed(1)} s` : `${sign}${sayLength(size)}`;
};
