/* A library that has nothing to do with Sluice. */
__attribute__((visibility("default"))) int foreign_answer(void);
int foreign_answer(void) {
  return 42;
}
