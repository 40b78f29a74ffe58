/** The same every time, unless TASKSPAN_SEED varies it. fast-check prints it with every failure. */
export function seed(): number {
  const given = Number(process.env.TASKSPAN_SEED ?? '');
  return Number.isSafeInteger(given) && given !== 0 ? given : 20_260_101;
}
