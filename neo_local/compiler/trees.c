/* Predicts with an ensemble of decision trees. model.h, written beside it for each model, holds:

   FEATURES, OUTPUTS, TREES   how many there are
   BASE[OUTPUTS]              the score before the first tree
   ROOT[TREES], OUTPUT[TREES] a tree's first node, and the output that it adds to
   NODES, CATEGORIES          see below
   POSTPROCESS                the function below that makes scores of sums

   Sums are of single precision, in the order of the trees, as in XGBoost's own predictor. */

#include <math.h>
#include <stdint.h>

enum { LEAF, BELOW, AMONG }; /* what a node is: a result, feature < value, feature in a list */

struct node {
  int8_t kind;         /* a leaf has nothing but its value */
  int8_t missing_left; /* where a missing feature (NaN) leads */
  int8_t among_left;   /* where a listed category leads */
  int32_t feature;
  int32_t left, right;   /* children; of a list, see below */
  float value;           /* a leaf's result, or the threshold */
  int32_t first, number; /* of the listed categories in CATEGORIES */
};

#include "model.h"

static int listed(const struct node *node, float feature) {
  if (feature < 0 || feature >= 16777216) return 0;
  int32_t category = (int32_t)feature;
  for (int32_t i = 0; i < node->number; ++i)
    if (CATEGORIES[node->first + i] == category) return 1;
  return 0;
}

static int leads_left(const struct node *node, float feature) {
  if (feature != feature) return node->missing_left;
  if (node->kind == BELOW) return feature < node->value;
  return listed(node, feature) == node->among_left;
}

static float leaf_of(const struct node *node, const float *features) {
  while (node->kind != LEAF)
    node = &NODES[leads_left(node, features[node->feature]) ? node->left : node->right];
  return node->value;
}

static inline void identity(float *scores) { (void)scores; }

static inline void sigmoid(float *scores) {
  for (int i = 0; i < OUTPUTS; ++i)
    scores[i] = 1.0f / (expf(fminf(-scores[i], 88.7f)) + 1.0f + 1e-16f);
}

static inline void exponential(float *scores) {
  for (int i = 0; i < OUTPUTS; ++i) scores[i] = expf(scores[i]);
}

static inline void hinge(float *scores) {
  for (int i = 0; i < OUTPUTS; ++i) scores[i] = scores[i] > 0 ? 1.0f : 0.0f;
}

static inline void softmax(float *scores) {
  float most = scores[0];
  double sum = 0.0;
  for (int i = 1; i < OUTPUTS; ++i) most = fmaxf(scores[i], most);
  for (int i = 0; i < OUTPUTS; ++i) sum += scores[i] = expf(scores[i] - most);
  for (int i = 0; i < OUTPUTS; ++i) scores[i] /= (float)sum;
}

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

EXPORTED int32_t num_feature(void) { return FEATURES; }
EXPORTED int32_t num_output(void) { return OUTPUTS; }

/* Predicts one row: FEATURES numbers in, OUTPUTS numbers out. */
EXPORTED void predict(const float *features, float *scores) {
  for (int i = 0; i < OUTPUTS; ++i) scores[i] = BASE[i];
  for (int tree = 0; tree < TREES; ++tree)
    scores[OUTPUT[tree]] += leaf_of(&NODES[ROOT[tree]], features);
  POSTPROCESS(scores);
}
