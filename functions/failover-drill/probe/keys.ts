/** A key that a killed prober leaves behind goes away by itself, after this. */
export const KEY_SECONDS = '3600';
