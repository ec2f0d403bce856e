/** Makes something on first use and keeps it, so that a function pays only for the clients that it really calls. */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};
